// What a person decides afterwards: a conflict, syncing again, taking a meeting
// back, pausing one object, deleting a record. Each form also without a script.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { agree, api, changeInOrg, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

let demo, deals, contacts;
const webs = {};
const scripts = [["with a script", true], ["without a script", false]];
const live = (rows) => [...rows.values()].filter((r) => !r.IsDeleted);

/** Opens a page in the browser of a test, and checks what only a script can. */
async function looks(page, script) {
  if (!script) return; // axe is one
  await noViolations(page);
  await page.setViewportSize({ width: 320, height: 800 });
  await noSidewaysScroll(page);
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Confirms with the password what the page asks. */
async function confirm(page, button, why) {
  if (why) await page.fill("[name=why]", why);
  await page.fill("[name=password]", demo.admin.password);
  await page.getByRole("button", { name: button, exact: true }).click();
}

before(async () => {
  demo = await startDemo("sqlite");
  await inSync(demo);
  deals = live(await truth(demo, "Opportunity")).filter((d) => d.NextStep);
  contacts = live(await truth(demo, "Contact")).filter((c) => c.Email && c.Department);
  for (const [, script] of scripts) {
    const web = await openBrowser({ javaScriptEnabled: script });
    webs[script] = web;
    web.page.setDefaultTimeout(patience);
    await signIn(web.page, demo);
  }
});
after(async () => {
  for (const web of Object.values(webs)) await web.close();
  await demo?.stop();
});

test("a field asks who wins", async () => {
  const { page } = webs[true];
  await page.goto(`${demo.url}/settings/salesforce/objects/Opportunity`);
  await page.selectOption("[name=winner_NextStep]", "ask");
  await page.locator("input[type=checkbox][name=editable_NextStep]").setChecked(true, { force: true });
  await page.getByRole("button", { name: "Review changes" }).last().click();
  await agree(page, demo);
  await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
  await page.waitForURL(/saved=/);
});

for (const [how, script] of scripts) {
  test(`a conflict waits in the inbox and is decided once, ${how} (UX 30)`, async () => {
    const { page } = webs[script];
    const { Id: id } = deals[script ? 0 : 1];
    const [ours, theirs] = [`Ours ${how}`, `Theirs ${how}`];
    await page.goto(`${demo.url}/settings/salesforce/writes`);
    await looks(page, script);
    await confirm(page, "Stop all writing", "A drill");
    await page.waitForURL(/saved=halted/);
    await page.goto(`${demo.url}/deals/${id}?edit=NextStep`);
    await page.fill("#value", ours);
    await page.getByRole("button", { name: /^Save/ }).click();
    await page.getByText(ours).first().waitFor();
    await changeInOrg(demo, "Opportunity", id, { NextStep: theirs });
    await eventually("both values are in the inbox", async () => {
      await page.goto(`${demo.url}/sync/conflicts?object=Opportunity&record=${id}&field=NextStep`);
      return await page.getByText(theirs, { exact: true }).count() > 0 && await page.getByText(ours, { exact: true }).count() > 0;
    });
    await looks(page, script);
    await page.goto(`${demo.url}/settings/salesforce/writes`);
    await confirm(page, "Let writing go on");
    await page.waitForURL(/saved=unhalted/);
    assert.equal((await truth(demo, "Opportunity")).get(id).NextStep, theirs, "nothing is written before somebody decides");

    await page.goto(`${demo.url}/sync/conflicts?object=Opportunity&record=${id}&field=NextStep`);
    await page.fill("[name=why]", "Asked the customer");
    if (!script) await page.check("[name=rule][value=field]");
    await page.getByRole("button", { name: script ? "Use Salesforce's value" : "Use our value" }).click();
    await page.waitForURL(/saved=decided/);
    await page.getByText("No conflict waits for you").waitFor();
    await eventually("the org has what was chosen", async () => (await truth(demo, "Opportunity")).get(id).NextStep === (script ? theirs : ours));
    await page.goto(`${demo.url}/sync/conflicts?show=settled&record=${id}`);
    await page.getByText("Asked the customer").first().waitFor();
    await page.goto(`${demo.url}/settings/salesforce/objects/Opportunity`);
    assert.equal(await page.inputValue("[name=winner_NextStep]"), script ? "ask" : "product", "the rule is what was decided");
  });

  test(`what one cause refused is synced again, ${how} (UX 35, 38)`, async () => {
    const { page } = webs[script];
    const ids = contacts.slice(script ? 0 : 3, script ? 3 : 6).map((c) => c.Id);
    const fault = { kind: "validation_rule", object: "Contact", field: "Department", message: "Departments are frozen", seconds: 600 };
    await fetch(`${demo.org.url}/_sim/faults`, { method: "POST", body: JSON.stringify(fault) });
    for (const id of ids) {
      await api(demo, `/records/Contact/${id}`, { method: "PATCH", body: JSON.stringify({ fields: { Department: `Again ${how}` } }) });
    }
    await fetch(`${demo.org.url}/_sim/faults`, { method: "DELETE" });
    await page.goto(`${demo.url}/sync/log?state=needs_you&object=Contact`);
    await page.getByRole("link", { name: "Sync these again" }).click();
    await page.getByText("Nothing is written yet.").first().waitFor();
    await looks(page, script);
    await page.locator("#check-title").locator("xpath=ancestor::section").getByRole("button").click();
    await page.waitForURL(/saved=/);
    for (const id of ids) {
      await eventually("it is in the org", async () => (await truth(demo, "Contact")).get(id).Department === `Again ${how}`);
    }
    await eventually("the page tells that it is done", async () => {
      await page.goto(`${demo.url}/sync/again`);
      return await page.locator(".load").getByText(/Done|done/).count() > 0;
    });
    await looks(page, script);
  });

  test(`a meeting is taken back with what it created, ${how} (M4)`, async () => {
    const { page } = webs[script];
    const meeting = script ? "trail-1" : "trail-2";
    const said = await api(demo, `/meetings/${meeting}`, { method: "PUT", body: JSON.stringify({
      title: `Taken back ${how}`, starts_at: "2026-05-04T09:00:00Z", ends_at: "2026-05-04T10:00:00Z",
      participants: [{ email: contacts[0].Email, name: "Somebody" }], action_items: [{ text: `Follow up ${how}` }],
    }) });
    assert.equal(said.status, 200, JSON.stringify(said.body));
    const made = async () => [...live(await truth(demo, "Event")).filter((e) => e.Subject === `Taken back ${how}`),
      ...live(await truth(demo, "Task")).filter((e) => (e.Subject || "").includes(`Follow up ${how}`))];
    await eventually("event and task are in the org", async () => (await made()).length === 2);
    await eventually("the dry run names both", async () => {
      await page.goto(`${demo.url}/sync/undo?meeting=${meeting}`);
      return await page.getByRole("link", { name: "Delete 2 records that were created" }).count() > 0;
    });
    await looks(page, script);
    await page.getByRole("link", { name: "Delete 2 records that were created" }).click();
    await page.getByText(`“Taken back ${how}” goes to Salesforce's recycle bin.`).waitFor();
    await looks(page, script);
    await confirm(page, "Delete 2 records");
    await page.waitForURL(/saved=undone/);
    await eventually("both are in the org's recycle bin", async () => (await made()).length === 0);
    await page.getByText(`Taken back ${how}`).first().waitFor();
  });

  test(`one object is paused on health, and its gap is recorded, ${how} (UX 12)`, async () => {
    const { page } = webs[script];
    const { Id: id } = contacts[script ? 6 : 7];
    await page.goto(demo.url);
    await page.getByRole("link", { name: /^Pause\s*: Contact$/ }).click();
    await looks(page, script);
    await page.getByRole("button", { name: "Pause Contact" }).click();
    await page.waitForURL(/saved=object-paused/);
    await page.getByText(/Paused .* by Mara Quill\./).first().waitFor();
    // Resumed before the stream noticed, it would have missed nothing.
    const gaps = page.locator("tbody tr").filter({ hasText: "A person paused the object" });
    await eventually("the stream passes it over", async () => {
      await page.goto(`${demo.url}/sync/holes?object=Contact`);
      return await gaps.count() > await gaps.filter({ hasText: "Closed" }).count();
    });
    const waits = await api(demo, `/records/Contact/${id}`, { method: "PATCH", body: JSON.stringify({ fields: { Department: `Paused ${how}` } }) });
    assert.equal(waits.body.state, "queued", JSON.stringify(waits.body));
    await changeInOrg(demo, "Contact", id, { Title: `Changed ${how}` });
    await page.goto(demo.url);
    await page.getByRole("link", { name: /^Resume\s*: Contact$/ }).click();
    await page.getByRole("button", { name: "Resume Contact" }).click();
    await page.waitForURL(/saved=object-resumed/);
    await eventually("what waited is written", async () => (await truth(demo, "Contact")).get(id).Department === `Paused ${how}`);
    await eventually("what changed meanwhile is read", async () => (await api(demo, `/records/Contact/${id}`)).body.fields.Title === `Changed ${how}`);
    await eventually("the gap is recorded with its repair", async () => {
      await page.goto(`${demo.url}/sync/holes?object=Contact`);
      return await gaps.count() > 0 && await gaps.count() === await gaps.filter({ hasText: "Closed" }).count();
    });
    await looks(page, script);
  });

  test(`a record is deleted on its page, ${how} (F-47)`, async () => {
    const { page } = webs[script];
    const person = script ? "leaving-1" : "leaving-2";
    const made = await api(demo, `/people/${person}`, { method: "PUT", body: JSON.stringify({
      email: `${person}@people.example`, first_name: "Ada", last_name: `Leaving ${how}`, kind: "contact",
    }) });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const there = async () => live(await truth(demo, "Contact")).find((c) => c.LastName === `Leaving ${how}`);
    const { Id: id } = await eventually("the contact is in the org", there);
    await eventually("and here", async () => (await api(demo, `/records/Contact/${id}`)).status === 200);
    await page.goto(`${demo.url}/contacts/${id}`);
    await page.getByRole("link", { name: "Delete this contact" }).click();
    await page.getByText(`“${person}” here`).first().waitFor();
    await looks(page, script);
    await confirm(page, "Delete contact");
    await page.waitForURL(/saved=deleted/);
    await eventually("it is in the org's recycle bin", async () => !(await there()));
    await page.goto(`${demo.url}/contacts/${contacts[8].Id}/delete`);
    await page.getByText("neither created from here nor is anything linked to it").waitFor();
    await looks(page, script);
  });
}

test("syncing many again is paused, resumed and canceled, with and without a script (UX 38)", async () => {
  // Enough to look at that somebody can press Pause, and one write that is tried again.
  await Promise.all([...Array(10).keys()].map(async (k) => {
    for (let i = k; i < 600; i += 10) await api(demo, `/custom/risk/r-${i}`, { method: "PUT", body: JSON.stringify({ properties: { what: `Risk ${i}` } }) });
  }));
  const fault = { kind: "validation_rule", object: "Contact", field: "Department", message: "Frozen", seconds: 600 };
  await fetch(`${demo.org.url}/_sim/faults`, { method: "POST", body: JSON.stringify(fault) });
  await api(demo, `/records/Contact/${contacts[9].Id}`, { method: "PATCH", body: JSON.stringify({ fields: { Department: "Refused again" } }) });
  const job = (page) => page.locator("#job-sync-again, .load").filter({ hasText: "Sync again" });
  const pause = (page) => eventually("it is paused before it is through", async () => {
    await page.goto(`${demo.url}/sync/again?check=1`);
    const begin = page.locator("#check-title").locator("xpath=ancestor::section").getByRole("button");
    if (await begin.count() === 0) return false; // the last try is still going out
    await begin.click();
    await page.waitForURL(/saved=/);
    const button = job(page).getByRole("button", { name: /^Pause/ });
    if (await button.count() > 0) {
      await button.click({ timeout: 2000 }).then(() => page.waitForURL(/saved=again-pause/)).catch(() => {}); // through meanwhile
    }
    await page.goto(`${demo.url}/sync/again`);
    return await job(page).getByText("Paused; it goes on where it stopped.").count() > 0;
  }, 2 * patience);
  const [scripted, plain] = [webs[true].page, webs[false].page];
  await pause(scripted);
  await looks(scripted, true);
  await plain.goto(`${demo.url}/sync/again`);
  await job(plain).getByRole("button", { name: /^Cancel/ }).click();
  await plain.waitForURL(/saved=again-cancel/);
  await job(plain).getByText("Canceled", { exact: true }).waitFor();
  await job(scripted).getByText("Canceled", { exact: true }).waitFor(); // by itself
  await pause(plain);
  await scripted.goto(`${demo.url}/sync/again`);
  await job(scripted).getByRole("button", { name: /^Resume/ }).click();
  await scripted.waitForURL(/saved=again-resume/);
  await job(scripted).getByText("Done", { exact: true }).waitFor();
  await fetch(`${demo.org.url}/_sim/faults`, { method: "DELETE" });
});

for (const [how, script] of scripts) {
  test(`a record of the product's own kind says where it went, ${how} (DEM-28, UX 39)`, async () => {
    const { page } = webs[script];
    await api(demo, "/custom/visit/v-1", { method: "PUT", body: JSON.stringify({ properties: { where: "Harbor", seats: 4 } }) });
    await page.goto(`${demo.url}/meetings`);
    await page.getByRole("link", { name: "Custom records" }).click();
    await page.selectOption("[name=kind]", "visit");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("no field of an object is filled from records of the kind “visit”").waitFor();
    await looks(page, script);
    await page.getByRole("link", { name: "v-1" }).click();
    await page.getByText("Harbor").waitFor();
    await page.getByText("Left out").first().waitFor();
    await looks(page, script);
    await page.getByRole("link", { name: "All lines in the sync log" }).click();
    await page.getByText("One record of the product").waitFor();
    await page.locator("tbody").getByText("visit v-1").first().waitFor();
    await page.goto(`${demo.url}${await page.locator("tbody tr").first().locator("a[href^='/sync/log/']").first().getAttribute("href")}`);
    await page.getByRole("link", { name: "visit v-1" }).click();
    await page.waitForURL(/custom\/visit\/v-1/);
  });
}

test("nothing was complained about in the console", () => {
  for (const web of Object.values(webs)) assert.deepEqual(web.complaints, []);
});
