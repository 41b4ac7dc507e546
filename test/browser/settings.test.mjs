// The settings that an admin steers beside the fields: Notes, Contacts,
// Forecast and Advanced Settings, topics, agents, and the forecast itself. Every
// control is changed in Chromium and seen again, with a script and without.
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
        // Turns every switch, checkbox, list and input of a tab's form to another
        // value and returns what each then holds.
        const turnAll = async (action) => {
          const held = {};
          const form = page.locator(`form[action="${action}"]`);
          for (const box of await form.locator("input[type=checkbox]:not([disabled])").all()) {
            const key = `${await box.getAttribute("name")}=${await box.getAttribute("value")}`;
            if (key === "teams=Sales") continue; // without any team nobody would be created
            await box.setChecked(!(await box.isChecked()));
            held[key] = await box.isChecked();
          }
          for (const list of await form.locator("select").all()) {
            const name = await list.getAttribute("name");
            if (name.startsWith("chain")) continue;
            const values = await list.locator("option").evaluateAll((all) => all.map((o) => o.value));
            const now = await list.inputValue();
            const other = values.find((v) => v !== now && v !== "");
            if (other === undefined) continue;
            await list.selectOption(other);
            held[name] = other;
          }
          return held;
        };
        const holds = async (action, held) => {
          const form = page.locator(`form[action="${action}"]`);
          for (const [key, want] of Object.entries(held)) {
            if (typeof want === "boolean") {
              const at = key.indexOf("=");
              const box = form.locator(`input[name="${key.slice(0, at)}"][value="${key.slice(at + 1)}"]`);
              assert.equal(await box.isChecked(), want, key);
            } else {
              assert.equal(await form.locator(`select[name="${key}"]`).first().inputValue(), want, key);
            }
          }
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

        for (const tab of ["forecast", "advanced"]) {
          test(`every control of ${tab} is saved through its review and shown again`, async () => {
            const action = `${base}/${tab}`;
            await open(action);
            await check(action);
            const held = await turnAll(action);
            assert.ok(Object.keys(held).length >= 4, `${tab} has ${Object.keys(held).length} controls`);
            if (tab === "forecast") {
              await page.locator('form[data-settings] input[name="amount"]:not(:checked)').check();
              await page.locator('form[data-settings] input[name="count_by"]:not(:checked)').check();
            }
            await page.getByRole("button", { name: "Review changes" }).last().click();
            await confirm();
            await open(action);
            await holds(action, held);
            await page.getByText("Changed by Mara Quill").first().waitFor();
            await check(action);
          });
        }

        test("every control of notes: destinations, events, lock and pilot group", async () => {
          const action = `${base}/notes`;
          await open(action);
          await page.getByText("What a rep sees in Salesforce").waitFor();
          await check(action);
          const held = await turnAll(action);
          for (const name of ["auto_events=on", "locked=on", "pilot_on=on", "meeting_notes=note", "meeting_notes=event", "call_notes=task"]) assert.ok(name in held, name);
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await confirm();
          await open(action);
          await holds(action, held);
          await check(action);
          await open("/settings/you");
          if (held["locked=on"]) await page.getByText("locked by organization").first().waitFor();
          await check("/settings/you");
        });

        test("every switch and cap of contacts, and its answers", async () => {
          const action = `${base}/contacts`;
          await open(action);
          await check(action);
          const cap = script ? "7" : "9";
          const held = await turnAll(action);
          await page.fill("#cap_meeting", cap);
          await page.fill("#allow_domains", `partner-${cap}.example`);
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await confirm();
          await open(action);
          await holds(action, held);
          assert.equal(await page.inputValue("#cap_meeting"), cap);
          assert.equal(await page.inputValue("#allow_domains"), `partner-${cap}.example`);
          await page.fill("#try", "somebody@gmail.com");
          await page.getByRole("button", { name: "Check" }).click();
          await page.getByText(/contact would be created/).first().waitFor();
          await page.getByRole("link", { name: "Look back" }).click();
          await page.getByText(/meetings? of the last 30 days/).waitFor();
          await check(action);
        });

        test("a second of the match chain moves up, and nothing is saved by it", async () => {
          await open(`${base}/contacts`);
          await page.getByRole("button", { name: /Move up/ }).first().click();
          await page.getByText("How a person is recognized").waitFor();
          await check("chain");
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
