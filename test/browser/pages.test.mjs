// Every page, signed in as admin and as rep: no console error, no violation of
// WCAG 2.2 AA, no sideways scroll at 1280, 390 and 320 px. Every settings tab
// saves its first settings, with a script and without.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { agree, engines, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

for (const engine of engines) {
  describe(`pages on ${engine}`, () => {
    let demo, web, ids;
    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      const first = async (object) => [...(await truth(demo, object)).keys()][0];
      ids = { Contact: await first("Contact"), Lead: await first("Lead"), Account: await first("Account"), Opportunity: await first("Opportunity") };
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    const paths = (admin) => {
      const all = ["/", "/contacts", "/contacts?q=zzzz", "/search", "/search?q=a", "/search?q=zzzz", `/contacts/${ids.Contact}`, `/contacts/${ids.Contact}?edit=Title`, "/leads", `/leads/${ids.Lead}`,
        "/accounts", `/accounts/${ids.Account}`, "/deals", `/deals/${ids.Opportunity}`, "/sync/log", "/sync/log?state=needs_you",
        "/settings/you", "/settings/you/account"];
      return admin ? [...all, "/settings/salesforce/notes", "/settings/salesforce/objects", "/settings/salesforce/objects/Contact",
        "/settings/salesforce/objects/Opportunity?show=all", "/settings/salesforce/contacts", "/settings/salesforce/forecast",
        "/settings/salesforce/advanced", "/settings/salesforce", "/settings/salesforce/connect/production", "/settings/salesforce/disconnect",
        "/settings/members", "/settings/keys", "/audit"] : all;
    };

    test("sign-in page", async () => {
      await web.page.goto(`${demo.url}/login`);
      await noViolations(web.page);
      await noSidewaysScroll(web.page);
    });

    for (const role of ["admin", "rep"]) {
      test(`every page as ${role}`, async () => {
        await web.context.clearCookies();
        await signIn(web.page, demo, demo[role]);
        for (const path of paths(role === "admin")) {
          for (const width of [1280, 390, 320]) {
            await web.page.setViewportSize({ width, height: 900 });
            const answer = await web.page.goto(demo.url + path);
            assert.equal(answer.status(), 200, path);
            await noSidewaysScroll(web.page);
            if (width !== 320) await noViolations(web.page);
          }
        }
        assert.deepEqual(web.complaints, []);
      });
    }

    test("pages that are not there or not allowed are written pages", async () => {
      await web.page.goto(`${demo.url}/nowhere`);
      await noViolations(web.page);
      await web.page.goto(`${demo.url}/settings/keys`); // signed in as rep
      await web.page.getByText("Not allowed").first().waitFor();
      await noViolations(web.page);
    });

    for (const script of [true, false]) {
      test(`each settings tab saves ${script ? "with" : "without"} a script, with author and time`, async () => {
        const other = await openBrowser({ javaScriptEnabled: script });
        try {
          const { page } = other;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
          const save = async (tab, change) => {
            await page.goto(`${demo.url}/settings/salesforce/${tab}`);
            // Nothing was touched yet, so nothing is unsaved.
            if (script) await page.locator("[data-save-bar].is-idle").waitFor({ state: "attached" });
            await change();
            await page.getByRole("button", { name: "Review changes" }).click();
            await page.getByRole("heading", { name: /^Review 1 change before/ }).waitFor();
            if (script) await noViolations(page); // axe is a script
            await agree(page, demo);
            await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
            await page.waitForURL(/saved=settings/);
            await page.goto(`${demo.url}/settings/salesforce/${tab}`);
            await page.locator("main").getByText(/Mara Quill/).first().waitFor();
          };
          // The real checkbox of a switch lies under its drawing.
          const box = (name) => page.locator(`input[type=checkbox][name="${name}"]`).first();
          const turned = async (tab, name) => {
            let was;
            await save(tab, async () => {
              was = await box(name).isChecked();
              await box(name).setChecked(!was, { force: true });
            });
            assert.equal(await box(name).isChecked(), !was, `${name} on ${tab}`);
          };
          await turned("notes", "auto_events");
          await turned("objects", "writeback_Account");
          await turned("contacts", "auto_create");
          const period = script ? "quarterly" : "monthly";
          await save("forecast", () => page.selectOption("[name=period]", period));
          assert.equal(await page.inputValue("[name=period]"), period);
          const label = script ? "€" : "£";
          await save("advanced", () => page.selectOption("[name=currency_label]", label));
          assert.equal(await page.inputValue("[name=currency_label]"), label);
        } finally {
          await other.close();
        }
      });
    }
  });
}
