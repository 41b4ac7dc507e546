// The Objects tab as the object manager: every control of an object's page,
// with a script and without, and a custom object from the first look to a
// record that came in.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { agree, api, changeInOrg, engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

const base = "/settings/salesforce/objects";
const visit = {
  op: "object", object: "Site_Visit__c", label: "Site Visit", label_plural: "Site Visits",
  fields: [{ name: "Phone__c", type: "phone" }, { name: "Report__c", type: "textarea", length: 32768 }, { name: "Guests__c", type: "int" }],
};

/** Speaks to the org as one of its own users would. */
async function inOrg(demo, path, body) {
  const answer = await fetch(`${demo.org.url}/_sim/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}

for (const engine of engines) {
  describe(`objects on ${engine}`, () => {
    let demo;
    before(async () => {
      demo = await startDemo(engine, { env: { TIDEGATE_POLL_EVERY: "1s" } });
      await inSync(demo);
    });
    after(() => demo?.stop());

    for (const script of [true, false]) {
      const how = script ? "with a script" : "without a script";

      test(`every control of a field is reviewed and saved, ${how}`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
          await page.goto(`${demo.url}${base}/Opportunity`);
          const mode = script ? "append" : "fill";
          await page.selectOption("[name=product_NextStep]", script ? "topic:action-items" : "topic:next-steps");
          await page.selectOption("[name=mode_NextStep]", mode);
          await page.selectOption("[name=winner_NextStep]", script ? "ask" : "product");
          const row = page.locator("#field-NextStep");
          await row.locator("summary").click();
          await page.locator("#field-Amount summary").click();
          await page.selectOption("[name=direction_Amount]", script ? "inbound" : "");
          await page.fill("[name=display_NextStep]", `What is next (${how})`);
          await page.fill("[name=default_NextStep]", "To be agreed");
          const editable = page.locator("input[type=checkbox][name=editable_StageName]");
          const was = await editable.isChecked();
          await editable.setChecked(!was, { force: true });
          const updates = page.locator("input[type=checkbox][name=switch_update_fields]");
          const updated = await updates.isChecked();
          await updates.setChecked(!updated, { force: true });
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await page.getByRole("heading", { name: /^Review \d+ changes before/ }).waitFor();
          if (script) await noViolations(page); // axe is a script
          // Back to editing keeps what was chosen; nothing is in force yet.
          await page.getByRole("button", { name: "Back to editing" }).click();
          assert.equal(await page.inputValue("[name=mode_NextStep]"), mode);
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await agree(page, demo);
          await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
          await page.waitForURL(/saved=object/);
          await page.getByText("A Smart Topic is mapped to it.").first().waitFor();
          assert.equal(await page.inputValue("[name=mode_NextStep]"), mode);
          assert.equal(await editable.isChecked(), !was);
          assert.equal(await updates.isChecked(), !updated);
          await page.getByText(`What is next (${how})`).first().waitFor();
          assert.deepEqual(web.complaints, []);
        } finally {
          await web.close();
        }
      });

      test(`fields are found, imported and removed, ${how}`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
          await page.goto(`${demo.url}${base}/Lead`);
          await page.getByRole("link", { name: "Import Properties" }).click();
          const dialog = script ? page.getByRole("dialog") : page.locator("main");
          await dialog.getByRole("heading", { name: "Import Properties" }).waitFor();
          if (script) await noViolations(page);
          await dialog.getByLabel("Industry", { exact: false }).first().check();
          await dialog.getByLabel("Website", { exact: false }).first().check();
          await dialog.getByRole("button", { name: script ? "Import 2 fields" : "Import", exact: true }).click();
          await page.waitForURL(/saved=fields/);
          const row = page.locator("#field-Industry");
          await row.getByText("Mara Quill").waitFor();
          for (const field of ["Industry", "Website"]) {
            await page.goto(`${demo.url}${base}/Lead/remove?field=${field}`);
            await page.getByRole("button", { name: `Remove ${field}` }).click();
            await page.waitForURL(/saved=field-removed/);
            assert.equal(await page.locator(`#field-${field}`).count(), 0);
          }
          // Search and parts live in the address.
          await page.fill("#find-text", "phone");
          await page.getByRole("button", { name: "Find", exact: true }).click();
          await page.waitForURL(/q=phone/);
          assert.ok(await page.locator("#field-Phone").count());
          assert.equal(await page.locator("#field-Company").count(), 0);
          await page.getByRole("link", { name: /^Unmapped/ }).click();
          await page.waitForURL(/show=unmapped/);
          assert.equal(await page.locator("#field-Phone").count(), 0);
          await page.locator("#field-CreatedDate").getByRole("link", { name: /^Why/ }).click();
          await page.getByText("Salesforce keeps it by itself.").first().waitFor();
          assert.deepEqual(web.complaints, []);
        } finally {
          await web.close();
        }
      });

      test(`activities go to an object that took no part before, ${how} (AVC-16, AVC-17)`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        const object = script ? "Guest__c" : "Patron__c", mute = script ? "Mute__c" : "Silent__c";
        const contacts = `${demo.url}/settings/salesforce/contacts`;
        const number = (n) => `+1202555${script ? "01" : "02"}${n}`;
        const choose = async (page, value) => {
          await page.goto(`${contacts}?look=again`);
          await page.selectOption("#activity_object", value);
          await page.getByRole("button", { name: "Review changes" }).click();
          await page.getByText("Nothing is saved yet.").waitFor();
        };
        const save = async (page) => {
          await agree(page, demo);
          await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
          await page.waitForURL(/saved=/);
        };
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          for (const name of [object, mute]) {
            await inOrg(demo, "fields", {
              op: "object", object: name, label: name.slice(0, -3), label_plural: `${name.slice(0, -3)}s`,
              fields: [{ name: "Phone__c", label: "Phone", type: "phone" }, { name: "Night__c", label: "Night number", type: "phone" }],
            });
            await inOrg(demo, "fields", { op: "switches", object: name, switches: { feed_tracking: true, activities: name === object } });
          }
          const known = (await inOrg(demo, "changes", { object, op: "create", values: { Name: "There before", Night__c: number("31") } })).ids[0];
          const put = (id, from) => api(demo, `/calls/${object}-${id}`, { method: "PUT", body: JSON.stringify({ direction: "inbound", from, to: number("99"), started_at: "2026-06-01T10:00:00Z", duration_seconds: 60 }) });
          await signIn(page, demo);
          await page.goto(`${contacts}?look=again`);
          assert.equal(await page.locator("#activity_object option").first().textContent(), "Default (Lead or Contact)");
          assert.equal(await page.locator(`#activity_object option[value="${mute}"]`).count(), 0);
          await page.getByText("Which objects are missing here, and why").click();
          await page.getByText(`Switch “Allow Activities” on in Setup, Object Manager, ${mute}, Edit.`).waitFor();
          if (script) await noViolations(page);
          await choose(page, object);
          await page.getByText(`${object} is added`).waitFor();
          await page.locator('input[name=phone_field][value="Night__c"]').check();
          if (script) await noViolations(page);
          await save(page);
          assert.equal(await page.inputValue("#phone_field"), "Night__c");
          await eventually("its records are read", async () => (await api(demo, `/records/${object}/${known}`)).status === 200);
          assert.equal((await put("31", number("31"))).status, 200);
          const tasks = async () => [...(await truth(demo, "Task")).values()];
          await eventually("a call on it", async () => (await tasks()).some((t) => t.WhatId === known && !t.WhoId));
          // A number that no record has becomes a record of the object, once (AVC-17).
          for (const id of ["32", "33"]) assert.equal((await put(id, number("32"))).status, 200);
          const made = await eventually("somebody new has a record of the object", async () =>
            [...(await truth(demo, object)).values()].find((row) => row.Id !== known && row.Night__c === number("32")));
          await eventually("both calls on it", async () => (await tasks()).filter((t) => t.WhatId === made.Id && !t.WhoId).length === 2);
          assert.equal((await truth(demo, object)).size, 2);
          await page.goto(`${demo.url}${base}/${object}/leave`); // it is where activities go
          await page.getByText(`Activities go to ${object}.`).waitFor();
          web.complaints.length = 0; // Chromium tells of the 409
          await choose(page, "");
          await save(page);
          await page.goto(contacts);
          assert.equal(await page.locator("#phone_field").count(), 0);
          assert.deepEqual(web.complaints, []);
        } finally {
          await web.close();
        }
      });

      test(`who wins is asked a kind of data a step, and what rests on it is not undecided, ${how} (UX 30, DEM-17)`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          const save = async () => {
            await agree(page, demo);
            await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
          };
          const winner = script ? "salesforce" : "ask";
          await signIn(page, demo);
          await page.goto(`${demo.url}/settings/salesforce/winners`);
          for (let step = 1; step <= 6; step++) {
            await page.getByText(`Step ${step} of 6`).waitFor();
            if (script && step === 2) {
              await noViolations(page);
              await page.setViewportSize({ width: 390, height: 900 });
              await noSidewaysScroll(page);
              await page.setViewportSize({ width: 1280, height: 900 });
            }
            await page.locator(`input[type=radio][value=${winner}]`).check();
            await page.getByRole("button", { name: "Next" }).click();
          }
          await page.getByText("Your answers").waitFor();
          if (script) await noViolations(page);
          await page.getByRole("link", { name: "Back", exact: true }).click();
          await page.getByText("Step 6 of 6").waitFor();
          assert.ok(await page.locator(`input[type=radio][value=${winner}]`).isChecked());
          await page.getByRole("button", { name: "Next" }).click();
          await page.getByRole("button", { name: "Review and save" }).click();
          await page.getByText("Nothing is saved yet.").waitFor();
          await save();
          await page.waitForURL(/saved=/);
          await page.getByText(script ? "Salesforce wins for ownership, amounts" : "A person is asked about ownership, amounts").waitFor();

          // What is decided is not taken back to nothing while fields rest on it.
          await page.selectOption("[name=conflicts_people]", "");
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await page.getByText("Who wins for names, addresses and numbers?").first().waitFor();
          if (script) await noViolations(page);
          await save();
          await page.getByText("Nothing was saved: fields would travel both ways").first().waitFor();
          web.complaints.length = 0; // Chromium tells of the 422
          await page.locator("input[name=decide_people][value=recent]").check();
          await save();
          await page.waitForURL(/saved=/);
          assert.equal(await page.inputValue("[name=conflicts_people]"), "recent");
          assert.deepEqual(web.complaints, []);
        } finally {
          await web.close();
        }
      });

      test(`a custom object takes part and is removed, ${how}`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        const object = script ? "Site_Visit__c" : "Second_Visit__c";
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          await inOrg(demo, "fields", { ...visit, object, label: object.replaceAll("_", " ").trim() });
          const first = (await inOrg(demo, "changes", { object, op: "create", values: { Name: "There before", Report__c: "All well" } })).ids[0];
          await signIn(page, demo);
          await page.goto(`${demo.url}${base}`);
          await page.getByRole("link", { name: "Add object" }).click();
          await page.waitForURL(/objects\/add/);
          await page.goto(`${demo.url}${base}/add?object=${object}`);
          await page.getByRole("button", { name: /^Add / }).click();
          await page.waitForURL(/saved=added/);
          if (script) await noViolations(page);
          // What was there is read, and what changes from now on comes in.
          await eventually("the record is here", async () => (await api(demo, `/records/${object}/${first}`)).status === 200);
          await changeInOrg(demo, object, first, { Report__c: "Changed meanwhile" }); // it is not in the stream
          await eventually("the change is here", async () => (await api(demo, `/records/${object}/${first}`)).body.fields?.Report__c === "Changed meanwhile");
          await page.goto(`${demo.url}${base}/${object}?show=all`);
          for (const width of [1280, 390, 320]) {
            await page.setViewportSize({ width, height: 900 });
            if (script) await noSidewaysScroll(page);
          }
          await page.setViewportSize({ width: 1280, height: 900 });
          await page.getByText("Can activities go here instead of Leads and Contacts?").waitFor();
          await page.locator("input[type=checkbox][name=editable_Report__c]").check({ force: true });
          await page.locator("input[type=checkbox][name=switch_writeback]").check({ force: true });
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await agree(page, demo);
          await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
          await page.getByText("Writeback is enabled:").first().waitFor();
          await page.goto(`${demo.url}${base}/${object}/leave`);
          await page.getByRole("button", { name: /^Remove / }).click();
          await page.waitForURL(/saved=object-gone/);
          assert.deepEqual(web.complaints, []);
          assert.equal((await page.goto(`${demo.url}${base}/${object}`)).status(), 404);
        } finally {
          await web.close();
        }
      });
    }
  });
}
