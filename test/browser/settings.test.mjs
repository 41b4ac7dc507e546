// The settings that an admin steers beside the fields: Notes, Contacts,
// Forecast and Advanced Settings, topics, agents, and the forecast itself, in
// Chromium on both engines, with a script and without.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { engines, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo } from "./world.mjs";

const base = "/settings/salesforce";
const saveAll = "Save Changes & Start Syncing";

for (const engine of engines) {
  describe(`settings on ${engine}`, () => {
    let demo;
    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
    });
    after(() => demo?.stop());

    for (const script of [true, false]) {
      describe(script ? "with a script" : "without a script", () => {
        let web, page;
        before(async () => {
          web = await openBrowser({ javaScriptEnabled: script });
          page = web.page;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
        });
        after(() => web?.close());

        const open = async (path) => {
          const answer = await page.goto(demo.url + path);
          assert.equal(answer.status(), 200, path);
        };
        const check = async (path) => {
          if (script) await noViolations(page);
          await page.setViewportSize({ width: 320, height: 800 });
          if (script) await noSidewaysScroll(page);
          await page.setViewportSize({ width: 1280, height: 900 });
          assert.deepEqual(web.complaints, [], path);
        };
        // A review may ask for the password where a change can do harm.
        const confirm = async () => {
          await page.getByText("Nothing is saved yet.").first().waitFor();
          const password = page.locator('main input[type="password"]');
          if (await password.count() > 0) await password.first().fill(demo.admin.password);
          for (const box of await page.locator("main form input[type=checkbox][required]").all()) await box.check();
          await page.getByRole("button", { name: saveAll }).last().click();
          await page.getByText("Saved. The new settings are in force now.").or(page.getByText("Saved.")).first().waitFor();
        };

        test("the forecast preview follows the form and saves nothing", async () => {
          await open(`${base}/forecast`);
          const box = page.locator('form[data-settings] input[name="categories"][value="Pipeline"]');
          const before = await page.locator("#live-forecast .check-text").first().textContent().then((t) => t.split(" As of")[0]);
          await page.locator('form[data-settings] input[name="amount"]:not(:checked)').check();
          await box.setChecked(!(await box.isChecked()));
          await page.locator('form[data-settings] input[name="count_by"][value="category"]').check();
          if (!script) await page.getByRole("button", { name: "Update" }).click();
          await page.locator("#live-forecast", { hasText: "Difference" }).waitFor();
          assert.notEqual(await page.locator("#live-forecast .check-text").first().textContent().then((t) => t.split(" As of")[0]), before);
          await check("preview");
          const leaving = page.waitForEvent("dialog", { timeout: 1000 }).then((d) => d.accept(), () => {});
          await open(`${base}/forecast`);
          await leaving;
          assert.equal(await page.locator("#live-forecast .check-text").first().textContent().then((t) => t.split(" As of")[0]), before);
        });

        for (const tab of ["notes", "objects", "contacts", "forecast", "advanced"]) {
          test(`${tab} is calm, narrow and accessible`, async () => {
            await open(`${base}/${tab}`);
            await check(tab);
          });
        }

        // controls.test.mjs drives every control; here one is enough.
        test("what was saved through the review is shown again, with who changed it", async () => {
          const action = `${base}/advanced`, label = script ? "€" : "£";
          await open(action);
          await page.selectOption("#currency_label", label);
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await confirm();
          await open(action);
          assert.equal(await page.inputValue("#currency_label"), label);
          await page.getByText("Changed by Mara Quill").first().waitFor();
          await check(action);
        });

        test("contacts look back on whom they would have created", async () => {
          await open(`${base}/contacts`);
          await page.getByRole("link", { name: "Look back" }).click();
          await page.getByText(/meetings? of the last 30 days/).waitFor();
          await check("look back");
        });

        test("the forecast drills down to its deals, moves by address, compares and exports (UX-40, AVM-39)", async () => {
          await open("/forecast");
          await check("/forecast");
          const week = await page.inputValue("#with");
          const earlier = new Date(Date.now() - 3 * 24 * 3600_000).toISOString().slice(0, 10);
          await page.fill("#with", earlier);
          await page.selectOption("#amounts", "weighted");
          await page.getByRole("button", { name: "Show" }).click();
          await page.waitForURL(/amounts=weighted/);
          assert.notEqual(week, earlier);
          assert.equal(await page.inputValue("#with"), earlier);
          await page.locator("#change", { hasText: "What changed since" }).waitFor();
          const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export as CSV" }).click()]);
          assert.match(file.suggestedFilename(), /^forecast-.*\.csv$/);
          await page.getByRole("link", { name: "Quarter", exact: true }).click();
          await page.waitForURL(/span=quarter/);
          await page.getByRole("link", { name: "Later" }).click();
          await page.waitForURL(/period=/);
          await check("/forecast");
        });

        test("a topic is added, renamed, archived and brought back", async () => {
          const name = `Renewal Risk ${script ? "A" : "B"}`;
          await open("/settings/topics");
          await check("/settings/topics");
          await page.fill("#name", name);
          await page.fill("#examples", "We may leave");
          await page.locator("#date_sensitive").check();
          await page.getByRole("button", { name: "Add topic" }).click();
          await page.getByText("The topic is added.").waitFor();
          assert.ok(await page.locator("#date_sensitive").isChecked());
          await check("topic");
          await page.fill("#name", `${name} renamed`);
          await page.getByRole("button", { name: "Save topic" }).click();
          await page.getByRole("heading", { name: `${name} renamed` }).waitFor();
          await page.getByRole("link", { name: "Archive" }).click();
          await page.getByRole("button", { name: "Archive topic" }).click();
          await page.getByText("The topic is archived.").waitFor();
          await page.getByRole("link", { name: "Archived", exact: true }).click();
          await page.getByRole("link", { name: `${name} renamed` }).click();
          await page.getByRole("button", { name: "Bring back" }).click();
          await page.getByText("The topic is back.").waitFor();
        });

        test("an agent takes its objects, mapping, default and filter", async () => {
          const id = script ? "web-a" : "web-b";
          await open("/settings/agents");
          await check("/settings/agents");
          await page.fill("#name", `Web ${id}`);
          await page.fill("#id", id);
          await page.getByRole("button", { name: "Add agent" }).click();
          await page.getByText("The agent is added").waitFor();
          await check("agent");
          const form = page.locator(`form[action="/settings/agents/${id}"]`);
          await form.getByLabel("Account", { exact: true }).check();
          await form.locator("#account_match_field").selectOption("");
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await page.getByText("Choose the Account Match Field").first().waitFor(); // AIM-20
          assert.ok(await form.getByLabel("Account", { exact: true }).isChecked());
          web.complaints.length = 0; // Chromium tells of the 422
          await form.locator("#account_match_field").selectOption("Website");
          await form.locator('input[name="Lead_default"]').first().fill("Somebody");
          await form.locator("#filter_source_1").fill("answer.budget");
          await form.locator("#filter_op_1").selectOption("set");
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await page.getByText("Nothing is saved yet.").waitFor();
          await check("agent review");
          await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
          await page.getByText("Saved. It holds from the next page on.").waitFor();
          await open(`/settings/agents/${id}`);
          assert.equal(await form.locator("#filter_source_1").inputValue(), "answer.budget");
          assert.equal(await form.locator('input[name="Lead_default"]').first().inputValue(), "Somebody");
          assert.ok(await form.getByLabel("Account", { exact: true }).isChecked());
          await check("agent");
        });
      });
    }
  });
}
