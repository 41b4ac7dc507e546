// The two switches for e-mails that Salesforce holds, in all four combinations
// from the form of the tab to the linked records' pages, in Chromium on both
// engines (AVM-48 to AVM-50).
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

const tab = "/settings/salesforce/advanced";
const asTask = "Logged by a plug-in", asMessage = "Filed by Enhanced Email", asLog = `Email: ${asMessage}`; // the Task that the org makes of it

/** Makes a record in the org, as one of its own users does. */
async function madeInOrg(demo, object, values) {
  const answer = await fetch(`${demo.org.url}/_sim/changes`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ object, op: "create", values }),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).ids[0];
}

for (const engine of engines) {
  describe(`e-mails of Salesforce on ${engine}`, () => {
    let demo, web, contact, deal;
    before(async () => {
      demo = await startDemo(engine, { features: ["email"], env: { TIDEGATE_POLL_EVERY: "1s" } });
      await inSync(demo);
      [contact] = (await truth(demo, "Contact")).keys();
      [deal] = (await truth(demo, "Opportunity")).keys();
      await madeInOrg(demo, "Task", { Subject: asTask, TaskSubtype: "Email", Status: "Completed", WhoId: contact, WhatId: deal });
      const message = await madeInOrg(demo, "EmailMessage", {
        Subject: asMessage, Status: "3", MessageIdentifier: "<filed@there.example>", FromAddress: "them@there.example", ToIds: [contact], RelatedToId: deal, TextBody: "Hello",
      });
      const log = (await truth(demo, "Task")).get((await truth(demo, "EmailMessage")).get(message).ActivityId).Subject;
      assert.equal(log, asLog);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      await signIn(web.page, demo);
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    const set = async (tasks, messages) => {
      const page = web.page;
      await page.goto(demo.url + tab);
      const boxes = { emails_from_tasks: tasks, emails_from_messages: messages };
      for (const [name, on] of Object.entries(boxes)) await page.locator(`input[type=checkbox][name=${name}]`).setChecked(on);
      await page.getByRole("button", { name: "Review changes" }).last().click();
      await page.getByText("Nothing is saved yet.").first().waitFor();
      await page.getByRole("button", { name: "Save Changes & Start Syncing" }).last().click();
      await page.getByText("Saved. The new settings are in force now.").waitFor();
      for (const [name, on] of Object.entries(boxes)) assert.equal(await page.locator(`input[type=checkbox][name=${name}]`).isChecked(), on, name);
    };

    for (const [tasks, messages, shown] of [
      [true, false, { [asTask]: true, [asLog]: true }],
      [true, true, { [asTask]: true, [asMessage]: true, [asLog]: false }],
      [false, true, { [asTask]: false, [asMessage]: true }],
      [false, false, { [asTask]: false, [asMessage]: false }],
    ]) {
      test(`Tasks ${tasks ? "on" : "off"}, EmailMessages ${messages ? "on" : "off"}`, async () => {
        const before = await truth(demo, "EmailMessage");
        await set(tasks, messages);
        for (const path of [`/contacts/${contact}`, `/deals/${deal}`, "/emails"]) {
          await eventually(`${path} with Tasks ${tasks} and EmailMessages ${messages}`, async () => {
            await web.page.goto(demo.url + path);
            const text = await web.page.locator("main").textContent();
            const times = text.split(asMessage).length - 1;
            return Object.entries(shown).every(([subject, is]) => text.includes(subject) === is)
              && (path !== "/emails" || times === (tasks || messages ? 1 : 0)); // each e-mail once
          });
          await noViolations(web.page);
          await web.page.setViewportSize({ width: 390, height: 900 });
          await noSidewaysScroll(web.page);
          await web.page.setViewportSize({ width: 1280, height: 900 });
        }
        assert.deepEqual(await truth(demo, "EmailMessage"), before); // nothing of it is written
        assert.deepEqual(web.complaints, []);
      });
    }
  });
}
