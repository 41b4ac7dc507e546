// What was written is taken back from the screens: one field, all of a rule, all of
// a meeting with what it created, all of a day. The org's truth decides.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { agree, api, engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

for (const engine of engines) {
  describe(`undo on ${engine}`, () => {
    let demo, web, contacts;
    const inOrg = async (id, field) => (await truth(demo, "Contact")).get(id)[field];
    const edit = async (id, field, value) => {
      await web.page.goto(`${demo.url}/contacts/${id}?edit=${field}`);
      await web.page.fill("#value", value);
      await web.page.getByRole("button", { name: /^Save/ }).click();
      await web.page.getByText(value).first().waitFor();
    };
    const open = async (query, what) => {
      await web.page.goto(`${demo.url}/sync/log?${query}`);
      await web.page.getByRole("link", { name: what }).first().click();
      await web.page.getByRole("heading", { name: what }).first().waitFor();
    };
    const back = async (text) => {
      const { page } = web;
      await page.getByRole("link", { name: text }).click();
      await page.getByText("Nothing is written yet.").waitFor();
      await noViolations(page);
      await page.setViewportSize({ width: 390, height: 844 });
      await noSidewaysScroll(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      return page.getByRole("button", { name: /^Write .* back$/ });
    };
    const asBefore = async (field) => {
      for (const c of contacts) await eventually(`${field} is as before`, async () => (await inOrg(c.Id, field)) === c[field]);
    };

    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      contacts = [...(await truth(demo, "Contact")).values()].filter((c) => !c.IsDeleted && c.Title && c.Department && c.Email && c.AccountId).slice(0, 2);
      await signIn(web.page, demo);
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    test("one field, a rule, a day (M4)", async () => {
      for (const [i, c] of contacts.entries()) await edit(c.Id, "Department", `Wrong ${i}`);
      await edit(contacts[0].Id, "Title", "Wrong title");
      await open(`record=${contacts[0].Id}`, /Update .*Title/);
      await (await back("Undo this write")).click();
      await asBefore("Title");
      assert.equal(await inOrg(contacts[0].Id, "Department"), "Wrong 0");

      await open(`record=${contacts[1].Id}`, /Update Department/);
      const write = await back("Undo all of this rule");
      await web.page.getByText("All writes of the rule “Edit on the contact page”.").waitFor();
      await write.click();
      await asBefore("Department");

      for (const [i, c] of contacts.entries()) await edit(c.Id, "Department", `Of today ${i}`);
      await open(`record=${contacts[1].Id}`, /Update Department/);
      await (await back("Undo all of this day")).click();
      await asBefore("Department");
      await asBefore("Title");
    });

    test("a topic that is mapped to a field, from the line (M4)", async () => {
      const { page } = web;
      const roles = await truth(demo, "OpportunityContactRole"), accounts = await truth(demo, "Account"), people = await truth(demo, "Contact");
      const deals = [...(await truth(demo, "Opportunity")).values()].filter((o) => !o.IsDeleted && !o.IsClosed);
      const guestOf = (deal) => [...roles.values()].filter((r) => !r.IsDeleted && r.OpportunityId === deal.Id).map((r) => people.get(r.ContactId)).find((c) => c && !c.IsDeleted && c.Email);
      const deal = deals.find((o) => guestOf(o) && accounts.get(o.AccountId));
      await page.goto(`${demo.url}/settings/salesforce/objects/Opportunity?show=all`);
      await page.selectOption("[name=product_NextStep]", "topic:next-steps");
      await page.locator("input[type=checkbox][name=editable_NextStep]").setChecked(true, { force: true });
      await page.locator("input[type=checkbox][name=switch_update_fields]").setChecked(true, { force: true });
      await page.getByRole("button", { name: "Review changes" }).last().click();
      await agree(page, demo);
      await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
      await page.waitForURL(/saved=object/);
      const answer = await api(demo, "/meetings/topical", { method: "PUT", body: JSON.stringify({
        title: "Topical", source: "calendar", status: "completed", starts_at: "2026-05-04T09:00:00Z", ends_at: "2026-05-04T09:30:00Z",
        organizer_email: demo.rep.email, participants: [{ email: guestOf(deal).Email, name: "A guest" }],
        topics: { "next-steps": [{ text: "What nobody said" }] },
      }) });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const wrote = async () => [...(await truth(demo, "Opportunity")).values()].find((o) => o.NextStep === "What nobody said");
      await eventually("the topic is in the org", wrote);
      const { Id } = await wrote();
      await open(`record=${Id}`, /Update .*Next Step/);
      const write = await back(/Undo all of “Topic/);
      await page.getByText("All writes of the rule “Topic “Next Steps” goes to Next Step”, to Opportunity.").waitFor();
      await write.click();
      await eventually("the next step is as before", async () => ((await truth(demo, "Opportunity")).get(Id).NextStep ?? null) === (deals.find((o) => o.Id === Id).NextStep ?? null));
    });

    test("a meeting with what it created (M4)", async () => {
      const { page } = web;
      const answer = await api(demo, "/meetings/wrong", { method: "PUT", body: JSON.stringify({
        title: "Wrong meeting", source: "calendar", status: "completed", starts_at: "2026-05-04T09:00:00Z", ends_at: "2026-05-04T09:30:00Z",
        organizer_email: demo.rep.email, participants: [{ email: contacts[0].Email, name: "A guest" }],
      }) });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const event = async () => [...(await truth(demo, "Event")).values()].find((e) => !e.IsDeleted && e.Subject === "Wrong meeting");
      await eventually("the Event is there", event);
      await open("meeting=wrong", /Create Event/);
      await back("Undo all of this meeting");
      await page.getByRole("link", { name: "Delete 1 record that was created" }).click();
      await page.getByText("goes to Salesforce's recycle bin.").waitFor();
      await page.fill("input[name=password]", demo.admin.password);
      await page.getByRole("button", { name: /^Delete/ }).click();
      await eventually("the Event is gone", async () => !(await event()));
    });
  });
}
