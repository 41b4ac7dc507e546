// Every control of the five tabs: each is changed, saved through the review,
// seen again, and put back, with a script and without. A control that no line
// of the list below drives fails the test, and so does a line without control.
// One demo for all; which engine keeps settings is the business of storetest.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { agree, inSync, openBrowser, patience, signIn, startDemo } from "./world.mjs";

const base = "/settings/salesforce";
const other = Symbol("the other state, or another choice");

// Setting → what it becomes. A check box goes by its name, and is one of
// several where name=value stands.
const driven = {
  notes: {
    locked: other, auto_events: other, pilot_on: other, "pilot_members=*": other,
    "meeting_notes=note": other, "meeting_notes=event": other, "meeting_notes=task": other,
    "call_notes=note": other, "call_notes=event": other, "call_notes=task": other,
  },
  objects: Object.fromEntries(["Opportunity", "Lead", "Contact", "Account", "Event", "Task", "Patient__c"].map((o) => [`writeback_${o}`, other])),
  contacts: {
    own_domains: "tidegate.example", auto_create: other, allow_domains: "partner.example", exclude_public_domains: other,
    leads_first: other, create_accounts: other,
    cap_meeting: "7", cap_hour: "70", phone_region: "GB", account_match_field: other, activity_object: "Patient__c",
  },
  forecast: {
    period: other, "amount=weighted": other, "amount=total": "total", "count_by=stage": other, "count_by=category": "category",
    "categories=*": other, "stages=*": other, teams: "Sales", roles: "CEO",
  },
  advanced: {
    amount_field: other, close_date_field: other, opportunity_rule: other, fallback_owner: other,
    purpose_field_event: other, purpose_field_task: other, outcome_field_event: other, outcome_field_task: other,
    summarize_topics: other, own_sight: other, emails_from_tasks: other, emails_from_messages: other, currency_label: other,
    conflicts_ownership: other, conflicts_amounts: other, conflicts_stages: other, conflicts_outcomes: other,
    conflicts_people: other, conflicts_other: other,
  },
};
// What is pressed, or looked at without saving, has a test of its own below.
const pressed = {
  notes: ["Update"],
  objects: [],
  contacts: ["chain_move=up", "chain_move=down", "chain_move=drop", "chain_add", "chain_field", "phone_field", "teams=Sales", "teams=Customer Success", "try", "Check"],
  forecast: ["Update"],
  advanced: [],
};

/** Speaks to the org as one of its own users would. */
async function inOrg(demo, body) {
  const answer = await fetch(`${demo.org.url}/_sim/fields`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

describe("every control of the five tabs", () => {
  let demo;
  before(async () => {
    demo = await startDemo("sqlite");
    await inSync(demo);
    await inOrg(demo, {
      op: "object", object: "Patient__c", label: "Patient", label_plural: "Patients",
      fields: [{ name: "Phone__c", label: "Phone", type: "phone" }, { name: "Night__c", label: "Night phone", type: "phone" }],
    });
    await inOrg(demo, { op: "switches", object: "Patient__c", switches: { searchable: true, activities: true, feed_tracking: false } });
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
        if (!script) return;
        // The amount and the close date are chosen among imported fields.
        await page.goto(`${demo.url}${base}/objects/Opportunity/properties`);
        for (const field of ["ExpectedRevenue", "LastActivityDate"]) await page.locator(`input[value="${field}"]`).check();
        await page.getByRole("button", { name: /^Import/ }).click();
        await page.getByText("ExpectedRevenue").first().waitFor();
      });
      after(() => web?.close());

      const open = async (path) => {
        assert.equal((await page.goto(demo.url + path)).status(), 200, path);
        for (const folded of await page.locator("main form details:not([open]) > summary").all()) await folded.click();
      };
      const calm = () => {
        const complaints = web.complaints.splice(0);
        assert.deepEqual(complaints, [], page.url());
      };
      const form = () => page.locator("form[data-settings]");
      const save = async () => {
        await page.getByRole("button", { name: "Review changes" }).last().click();
        await page.getByText("Nothing is saved yet.").first().waitFor();
        await agree(page, demo);
        await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
        await page.waitForURL(/saved=/);
      };
      // All controls of the page, by the names of the lists above.
      const controls = () => page.locator("main").evaluate((main) => {
        const several = (e) => ["checkbox", "radio"].includes(e.type) && e.value !== "on";
        const found = [...main.querySelectorAll("input:not([type=hidden]), select, textarea, button:not([aria-hidden])")]
          .map((e) => {
            if (e.tagName === "BUTTON") return e.name ? `${e.name}=${e.value.split(":")[0]}` : e.textContent.trim();
            return several(e) ? `${e.name}=${e.value}` : e.name;
          });
        return [...new Set(found)].filter((name) => name !== "Review changes");
      });
      const lineOf = (lines, name) => [name, `${name.split("=")[0]}=*`].find((line) => line in lines);
      const values = () => form().evaluate((f) => Object.fromEntries(
        [...f.querySelectorAll("input:not([type=hidden]), select")].map((e) => [
          ["checkbox", "radio"].includes(e.type) && e.value !== "on" ? `${e.name}=${e.value}` : e.name,
          ["checkbox", "radio"].includes(e.type) ? e.checked : e.value,
        ])));
      const control = (name) => {
        const at = name.indexOf("=");
        if (at < 0) return form().locator(`[name="${name}"]:not([type=hidden])`);
        return form().locator(`[name="${name.slice(0, at)}"][value="${name.slice(at + 1)}"]:not([type=hidden])`);
      };
      const set = async (name, value) => {
        const it = control(name);
        if (typeof value === "boolean") {
          const radio = (await it.getAttribute("type")) === "radio";
          if (radio && !value) return;
          // What lies under the docked bar counts as seen, and the bar would be clicked.
          await it.evaluate((e) => e.scrollIntoView({ block: "center" }));
          await it.setChecked(value, { force: true });
        } else if (await it.evaluate((e) => e.tagName === "SELECT")) await it.selectOption(value);
        else await it.fill(value);
      };
      // What a line makes of a control that now holds value.
      const next = async (name, wanted, value) => {
        if (wanted !== other) return typeof value === "boolean" ? value : wanted;
        if (typeof value === "boolean") return !value;
        const options = await control(name).locator("option:not([disabled])").evaluateAll((all) => all.map((o) => o.value));
        const choice = options.find((v) => v !== value && v !== "") ?? options.find((v) => v !== value);
        assert.notEqual(choice, undefined, `${name} offers one choice only`);
        return choice;
      };

      test("an object takes activities once its four tests hold (AVC-12 to AVC-16)", async () => {
        const path = `${base}/objects/Patient__c`;
        await inOrg(demo, { op: "switches", object: "Patient__c", switches: { feed_tracking: false } });
        if ((await page.goto(demo.url + path)).status() === 404) {
          web.complaints.length = 0; // Chromium tells of the 404
          await open(`${base}/objects/add?object=Patient__c`);
          await page.getByRole("button", { name: /^Add / }).click();
          await page.waitForURL(/saved=added/);
        }
        const readAgain = () => page.getByRole("button", { name: /^Read again/ }).click();
        await readAgain();
        const tests = page.locator("section", { has: page.getByRole("heading", { name: "Can activities go here instead of Leads and Contacts?" }) });
        await tests.getByText("Switch feed tracking on in Setup, Feed Tracking, Patient__c.").first().waitFor();
        await open(`${base}/contacts`);
        assert.equal(await page.locator('#activity_object option[value="Patient__c"]').count(), 0);
        await inOrg(demo, { op: "switches", object: "Patient__c", switches: { feed_tracking: true } });
        await open(path);
        await readAgain();
        await tests.getByText("All four hold.").first().waitFor();
        await open(`${base}/contacts`);
        assert.equal(await page.locator('#activity_object option[value="Patient__c"]').count(), 1);
        calm();
      });

      for (const tab of Object.keys(driven)) {
        test(`${tab}: all is driven, kept, and put back`, async () => {
          await open(`${base}/${tab}`);
          const lines = driven[tab];
          const names = await controls();
          const before = await values();
          const after = {};
          for (const name of names.filter((n) => !pressed[tab].includes(n))) {
            const line = lineOf(lines, name);
            assert.ok(line, `${tab} has a control that nothing drives: ${name}`);
            after[name] = await next(name, lines[line], before[name]);
          }
          const idle = Object.keys(lines).filter((line) => !names.some((n) => lineOf(lines, n) === line));
          assert.deepEqual(idle, [], `${tab} has no such control`);
          const gone = pressed[tab].filter((n) => !names.includes(n) && n !== "phone_field");
          assert.deepEqual(gone, [], `${tab} has no such button`);
          // Stages stand there while deals count by stage: they are chosen last, and undone first.
          const turn = (name) => (name.startsWith("stages=") ? 2 : ["amount", "count_by"].some((n) => name.startsWith(n + "=")) ? 1 : 0);
          const ordered = Object.keys(after).sort((a, b) => turn(a) - turn(b));
          for (const name of ordered) await set(name, after[name]);
          const typed = await values();
          for (const [name, value] of Object.entries(after)) {
            if (lines[lineOf(lines, name)] === other) assert.notEqual(typed[name], before[name], `${name} was not changed`);
          }
          await save();
          await open(`${base}/${tab}`);
          const kept = await values();
          for (const name of Object.keys(after)) assert.equal(kept[name], typed[name], `${tab}: ${name} was not kept`);
          for (const name of ordered.toReversed()) await set(name, before[name]);
          await save();
          await open(`${base}/${tab}`);
          const back = await values();
          for (const name of Object.keys(after)) assert.equal(back[name], before[name], `${tab}: ${name} was not put back`);
          calm();
        });
      }

      test("what a tab links to is there", async () => {
        const seen = new Set();
        for (const tab of Object.keys(driven)) {
          await open(`${base}/${tab}`);
          for (const to of await page.locator("main a").evaluateAll((all) => all.map((a) => a.href))) {
            const url = to.split("#")[0];
            if (seen.has(url) || !url.startsWith(demo.url)) continue;
            seen.add(url);
            assert.equal((await page.request.get(url)).status(), 200, url);
          }
        }
        assert.ok(seen.size > 15, `${seen.size} links`);
      });

      test("notes and forecast: Update shows what the form would do, and saves nothing", async () => {
        for (const [tab, name] of [["notes", "meeting_notes=task"], ["forecast", "amount=weighted"]]) {
          await open(`${base}/${tab}`);
          await set(name, true);
          if (!script) await page.getByRole("button", { name: "Update" }).click();
          else {
            const answer = page.waitForResponse((r) => r.url().endsWith("/preview"));
            await control(name).evaluate((e) => e.dispatchEvent(new Event("change", { bubbles: true })));
            await answer;
          }
          assert.ok(await control(name).isChecked());
          await page.getByRole("link", { name: "Discard" }).click();
          await page.waitForURL((url) => url.pathname === `${base}/${tab}`);
          assert.ok(!(await control(name).isChecked()), `${tab} was saved`);
        }
        calm();
      });

      test("contacts: the match chain is ordered, shortened and extended (AVC-28)", async () => {
        await open(`${base}/contacts`);
        const chain = () => form().locator("input[name=chain]").evaluateAll((all) => all.map((e) => e.value));
        const before = await chain();
        assert.ok(before.length >= 3, before);
        const press = async (what, want) => {
          await form().locator(`button[name=chain_move][value="${what}"]`).click();
          await form().locator(`input[name=chain] >> nth=${want.length - 1}`).waitFor({ state: "attached" });
          await page.waitForFunction((all) => [...document.querySelectorAll("form[data-settings] input[name=chain]")].map((e) => e.value).join() === all, want.join());
        };
        const [a, b, c] = before;
        await press("down:0", [b, a, c]);
        await press("up:1", [a, b, c]);
        await press("drop:1", [a, c]);
        await form().locator("#chain_add").selectOption("field");
        await form().locator("#chain_field").fill("Fax");
        await save();
        await open(`${base}/contacts`);
        const now = await chain();
        assert.deepEqual([now.length, now[0], now[1]], [3, a, c]);
        assert.match(now[2], /Fax/);
        await press("drop:2", [a, c]);
        await form().locator("#chain_add").selectOption(b);
        await press("up:1", [c, a, b]); // adds it, and moves
        await press("up:2", [c, b, a]);
        await press("up:1", [b, c, a]);
        await press("up:2", before.length === 3 ? [b, a, c] : [b, a, c]);
        await press("down:0", [a, b, c]);
        await save();
        await open(`${base}/contacts`);
        assert.deepEqual(await chain(), before);
        calm();
      });

      test("contacts: the phone field of the object that activities go to (AVC-18, AVC-20)", async () => {
        await open(`${base}/contacts`);
        assert.equal(await page.locator("#phone_field").count(), 0);
        await form().locator("#activity_object").selectOption("Patient__c");
        await save();
        await open(`${base}/contacts`);
        assert.equal(await page.inputValue("#phone_field"), "Phone__c");
        await form().locator("#phone_field").selectOption("Night__c");
        await save();
        await open(`${base}/contacts`);
        assert.equal(await page.inputValue("#phone_field"), "Night__c");
        await form().locator("#activity_object").selectOption("");
        await save();
        await open(`${base}/contacts`);
        assert.equal(await page.locator("#phone_field").count(), 0);
        calm();
      });

      test("contacts: each team is left out, and an address is tried out", async () => {
        const teams = ["teams=Sales", "teams=Customer Success"];
        for (const chosen of [[false, true], [true, false], [true, true]]) { // never none
          await open(`${base}/contacts`);
          for (const [i, name] of teams.entries()) await set(name, chosen[i]);
          await save();
          await open(`${base}/contacts`);
          for (const [i, name] of teams.entries()) assert.equal(await control(name).isChecked(), chosen[i], name);
        }
        await page.fill("#try", "somebody@gmail.com");
        await page.getByRole("button", { name: "Check" }).click();
        await page.getByText(/contact would be created/).first().waitFor();
        calm();
      });

      test("settings go out and in as a file (UX-21)", async () => {
        await open(`${base}/file`);
        const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download settings.yaml" }).click()]);
        const chunks = [];
        for await (const chunk of await file.createReadStream()) chunks.push(chunk);
        const was = Buffer.concat(chunks).toString();
        const cap = /cap_meeting: (\d+)/.exec(was);
        assert.ok(cap, was);
        const is = was.replace(cap[0], "cap_meeting: 13");
        const apply = async () => {
          await page.getByRole("button", { name: "Review changes" }).last().click();
          await page.getByText("Nothing is saved yet.").first().waitFor();
          await agree(page, demo);
          await page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();
          await page.waitForURL(/saved=/);
        };
        await page.setInputFiles("#file", { name: "settings.yaml", mimeType: "application/yaml", buffer: Buffer.from(is) });
        await apply();
        await open(`${base}/contacts`);
        assert.equal(await page.inputValue("#cap_meeting"), "13");
        await open(`${base}/file`);
        await page.fill("#text", was);
        await apply();
        await open(`${base}/contacts`);
        assert.equal(await page.inputValue("#cap_meeting"), cap[1]);
        await open(`${base}/file`);
        assert.deepEqual(await controls(), ["file", "text"]);
        calm();
        await page.fill("#text", "contacts: {cap_meeting: many}");
        await page.getByRole("button", { name: "Review changes" }).last().click();
        await page.getByText("cap_meeting").first().waitFor();
        assert.match(await page.inputValue("#text"), /many/);
        web.complaints.length = 0; // Chromium tells of the refusal
      });
    });
  }
});
