// The sync log as a person works with it: causes, retrying all of one, an
// export, why something waits, and taking a write back.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

for (const engine of engines) {
  describe(`on ${engine}`, () => {
    let demo, web, contacts;
    const inOrg = async (id, field) => (await truth(demo, "Contact")).get(id)[field];
    const edit = async (page, id, field, value) => {
      await page.goto(`${demo.url}/contacts/${id}?edit=${field}`);
      await page.fill("#value", value);
      await page.getByRole("button", { name: /^Save/ }).click();
      await page.getByText(value).first().waitFor();
    };

    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      contacts = [...(await truth(demo, "Contact")).values()].filter((c) => !c.IsDeleted && c.Title && c.AccountId).slice(0, 3);
      await signIn(web.page, demo);
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    test("refused writes are one cause, are explained, exported, and tried again together (UX 35, 36, 40)", async () => {
      const { page } = web;
      const fault = { kind: "validation_rule", object: "Contact", field: "Department", message: "Departments are frozen", seconds: 600 };
      await fetch(`${demo.org.url}/_sim/faults`, { method: "POST", body: JSON.stringify(fault) });
      for (const c of contacts) {
        await edit(page, c.Id, "Department", "Lighthouse");
      }
      await page.goto(`${demo.url}/sync/log`);
      await page.getByRole("heading", { name: "3 writes need you, 1 cause" }).waitFor();
      await noViolations(page);
      await page.goto(`${demo.url}/sync/explain?record=${contacts[0].Id}`);
      await page.getByText("It is parked.").first().waitFor();
      await noViolations(page);
      await page.goto(`${demo.url}/sync/log`);
      await page.locator(".cause").getByRole("link", { name: /^Open/ }).first().click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export CSV" }).click()]);
      assert.match(download.suggestedFilename(), /^sync-log-.*\.csv$/);
      await fetch(`${demo.org.url}/_sim/faults`, { method: "DELETE" });
      await page.getByRole("button", { name: "Try these again" }).click();
      await page.getByText("3 writes are tried again now.").waitFor();
      for (const c of contacts) {
        await eventually("the retry is in the org", async () => (await inOrg(c.Id, "Department")) === "Lighthouse");
      }
    });

    for (const javaScriptEnabled of [true, false]) {
      test(`a write is taken back, ${javaScriptEnabled ? "with" : "without"} a script (M4)`, async () => {
        const plain = await openBrowser({ javaScriptEnabled });
        try {
          const { page } = plain;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
          const { Id: id, Title: before } = contacts[javaScriptEnabled ? 0 : 1];
          await edit(page, id, "Title", "Keeper of the tide");
          await eventually("the edit is in the org", async () => (await inOrg(id, "Title")) === "Keeper of the tide");
          await page.goto(`${demo.url}/contacts/${id}`);
          await page.getByText(/^Written by .*replacing/).first().waitFor();
          await page.locator("#field-Title").getByRole("link", { name: "Undo" }).click();
          await page.getByRole("heading", { name: "Undo 1 value" }).waitFor();
          if (javaScriptEnabled) await noViolations(page);
          await page.setViewportSize({ width: 320, height: 800 });
          if (javaScriptEnabled) await noSidewaysScroll(page);
          assert.equal(await inOrg(id, "Title"), "Keeper of the tide", "a dry run writes nothing");
          await page.getByRole("button", { name: "Write 1 value back" }).click();
          await eventually("the value is back in the org", async () => (await inOrg(id, "Title")) === before);
        } finally {
          await plain.close();
        }
      });
    }

    test("nothing was complained about in the console", () => assert.deepEqual(web.complaints, []));
  });
}
