// The thread through the whole house, as a person sees it: a change in
// Salesforce appears on an open page, an edit on a page arrives in Salesforce.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { api, changeInOrg, engines, eventually, inSync, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

for (const engine of engines) {
  describe(`on ${engine}`, () => {
    let demo, web, contact;

    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      contact = [...(await truth(demo, "Contact")).values()].find((c) => !c.IsDeleted && c.Title && c.AccountId);
      await signIn(web.page, demo);
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    test("a change in the org appears on the open contact page without reloading", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/contacts/${contact.Id}`);
      await page.evaluate(() => { window.neverReloaded = true; });
      await changeInOrg(demo, "Contact", contact.Id, { Title: "Keeper of the tide" });
      await page.getByText("Keeper of the tide").first().waitFor();
      assert.equal(await page.evaluate(() => window.neverReloaded), true, "the page was reloaded");
    });

    test("a changed name appears too, although Salesforce composes it (streamed parts, no Name)", async () => {
      const { page } = web;
      await changeInOrg(demo, "Contact", contact.Id, { LastName: "Seawright" });
      await page.getByRole("heading", { level: 1, name: /Seawright/ }).waitFor();
    });

    test("an edit on the page is in the org, in the log, and its echo changes nothing (F-45)", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/contacts/${contact.Id}?edit=Title`);
      await page.fill("#value", "Master of the lock");
      await page.getByRole("button", { name: /^Save/ }).click();
      await page.getByText("Master of the lock").first().waitFor();
      await eventually("the edit is in the org", async () => (await truth(demo, "Contact")).get(contact.Id).Title === "Master of the lock");
      const lines = await eventually("the echo is in the log", async () => {
        const { body } = await api(demo, `/log?record=${contact.Id}`);
        return body.lines.some((l) => l.outcome === "confirmed") && body.lines;
      });
      const wrote = lines.filter((l) => l.direction === "out");
      assert.equal(wrote.length, 1, "one write, and the echo made no second one");
      assert.equal(wrote[0].state, "done");
      const { body } = await api(demo, `/records/Contact/${contact.Id}`);
      assert.equal(body.fields.Title, "Master of the lock");
      const calls = await (await fetch(`${demo.org.url}/_sim/calls`)).json();
      const patches = JSON.stringify(calls).match(/PATCH/g) || [];
      assert.ok(patches.length <= 1, `one kind of PATCH in the ledger, saw ${JSON.stringify(calls)}`);
      await page.goto(`${demo.url}/sync/log?q=${contact.Id}`);
      await page.getByText("Update Title").first().waitFor();
    });

    test("the same edit works without a script", async () => {
      const plain = await openBrowser({ javaScriptEnabled: false });
      try {
        plain.page.setDefaultTimeout(patience);
        await signIn(plain.page, demo);
        await plain.page.goto(`${demo.url}/contacts/${contact.Id}?edit=Department`);
        await plain.page.fill("#value", "Harbor office");
        await plain.page.getByRole("button", { name: /^Save/ }).click();
        await plain.page.getByText("Harbor office").first().waitFor();
        await eventually("the edit is in the org", async () => (await truth(demo, "Contact")).get(contact.Id).Department === "Harbor office");
      } finally {
        await plain.close();
      }
    });

    test("an open form outlives a change, a refusal shows on the open page, and a retry writes (F-54)", async () => {
      const { page } = web;
      const fault = { kind: "validation_rule", object: "Contact", field: "Department", message: "Departments are frozen", seconds: 600 };
      await fetch(`${demo.org.url}/_sim/faults`, { method: "POST", body: JSON.stringify(fault) });
      await page.goto(`${demo.url}/contacts/${contact.Id}?edit=Department`);
      await page.fill("#value", "Lighthouse");
      await changeInOrg(demo, "Contact", contact.Id, { Phone: "+1 555 0100" });
      await page.getByText("+1 555 0100").first().waitFor();
      assert.equal(await page.inputValue("#value"), "Lighthouse", "what was typed is kept");
      await page.getByRole("button", { name: /^Save/ }).click();
      await page.getByText("Needs you").first().waitFor();
      assert.notEqual((await truth(demo, "Contact")).get(contact.Id).Department, "Lighthouse");
      await fetch(`${demo.org.url}/_sim/faults`, { method: "DELETE" });
      await page.getByRole("link", { name: "Open in the sync log" }).first().click();
      await page.getByText("Departments are frozen").first().waitFor();
      await page.getByRole("button", { name: "Try again" }).first().click();
      await page.waitForURL(/saved=retried/);
      await eventually("the retry is in the org", async () => (await truth(demo, "Contact")).get(contact.Id).Department === "Lighthouse");
    });

    test("while paused an edit waits and says so; resuming writes it", async () => {
      const { page } = web;
      await page.goto(demo.url);
      await page.getByRole("link", { name: "Pause", exact: true }).first().click();
      await page.getByRole("heading", { name: "Pause the connection" }).waitFor(); // UX-12: what will wait is said first
      await page.getByRole("button", { name: "Pause everything" }).click();
      await page.waitForURL(/saved=paused/);
      await page.goto(`${demo.url}/contacts/${contact.Id}?edit=Title`);
      await page.fill("#value", "Waiting for the tide");
      await page.getByRole("button", { name: /^Save/ }).click();
      await page.getByText("Waiting for Salesforce").first().waitFor();
      assert.notEqual((await truth(demo, "Contact")).get(contact.Id).Title, "Waiting for the tide");
      await page.goto(demo.url);
      await page.getByRole("button", { name: "Resume" }).first().click();
      await page.waitForURL(/saved=resumed/);
      await eventually("the edit is in the org", async () => (await truth(demo, "Contact")).get(contact.Id).Title === "Waiting for the tide");
    });

    test("nothing was complained about in the console", () => assert.deepEqual(web.complaints, []));
  });
}
