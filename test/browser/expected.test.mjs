// What admins and reps expect of the settings, point by point, on the real
// program in Chromium: the words, the keyboard, the way back, two people at once.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { agree, api, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

const base = "/settings/salesforce";
const tabs = [["Notes", "notes"], ["Objects", "objects"], ["Contacts", "contacts"], ["Forecast", "forecast"], ["Advanced Settings", "advanced"]];
const saveAll = "Save Changes & Start Syncing";

describe("what is expected of the settings", () => {
  let demo, web, page;
  before(async () => {
    demo = await startDemo("sqlite");
    await inSync(demo);
    const [person] = (await truth(demo, "Contact")).values();
    const now = Date.now();
    const said = await api(demo, "/meetings/expected", { method: "PUT", body: JSON.stringify({
      title: "Expected", organizer_email: demo.rep.email, notes: "What was said.",
      starts_at: new Date(now - 3_600_000).toISOString(), ends_at: new Date(now).toISOString(), participants: [{ email: person.Email, name: person.Name }],
    }) });
    assert.ok(said.status < 300, JSON.stringify(said.body));
    web = await openBrowser();
    page = web.page;
    page.setDefaultTimeout(patience);
    await signIn(page, demo);
  });
  after(async () => {
    await web?.close();
    await demo?.stop();
  });
  const at = (path) => page.waitForURL((url) => url.pathname === path);

  test("before leaving for Salesforce all is said that is read and written, by whom (UX-02)", async () => {
    await page.goto(`${demo.url}${base}/connect/production`);
    const said = (await page.locator("main").innerText()).replace(/\s+/g, " ");
    for (const words of [
      "Sign in as your integration user", "Until now that was admin@tidegate.example", "each object that you add under Objects", "E-mails that Salesforce holds",
      "as Events, Tasks, e-mails and notes", "meeting notes go to Event, and call notes to Task", "Contacts, leads and accounts", "What people said goes to Salesforce",
    ]) assert.ok(said.includes(words), words);
    for (const scope of ["api", "refresh_token", "id"]) assert.ok(await page.locator("dt", { hasText: new RegExp(`^${scope}$`) }).count(), scope);
    await noViolations(page);
  });

  test("five tabs in their order and words; the address names the tab, and Back works (UX-14)", async () => {
    await page.goto(`${demo.url}${base}/notes`);
    assert.deepEqual(await page.locator("nav.tabs a, .tabs a").allInnerTexts(), tabs.map(([words]) => words));
    for (const [words, name] of tabs) {
      await page.locator(".tabs").getByRole("link", { name: words, exact: true }).click();
      await at(`${base}/${name}`);
      assert.equal(await page.locator(".tabs [aria-current=page]").innerText(), words);
    }
    for (const [words, name] of tabs.slice(0, -1).reverse()) {
      await page.goBack();
      await at(`${base}/${name}`);
      assert.equal(await page.locator(".tabs [aria-current=page]").innerText(), words);
    }
  });

  test("by the keyboard alone a switch is changed, reviewed and saved (UX-19)", async () => {
    await page.goto(`${demo.url}${base}/advanced`);
    await page.locator("#summarize_topics, [name=summarize_topics][role=switch]").first().focus();
    await page.keyboard.press("Space");
    await page.locator("[data-count]", { hasText: "1 unsaved change" }).waitFor();
    const tabTo = async (name) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const on = page.locator(":focus");
        if (await on.count() && (await on.innerText()).trim() === name && await on.getAttribute("tabindex") !== "-1") {
          // What has the focus is seen to have it.
          assert.notEqual(await on.evaluate((el) => getComputedStyle(el).outlineStyle + getComputedStyle(el).boxShadow), "nonenone");
          return page.keyboard.press("Enter");
        }
      }
      return assert.fail(`${name} was never reached`);
    };
    await tabTo("Review changes");
    await page.getByText("Nothing is saved yet.").waitFor();
    await tabTo(saveAll);
    await page.getByText("Saved. The new settings are in force now.").waitFor();
    // UX-15: who set it and when stands at the setting, with its default.
    await page.getByText(/Default: off\. Changed by Mara Quill, \d+ \w+ \d{4}, \d\d:\d\d\./).waitFor();
  });

  test("what is unsaved is seen, leaving warns, and the review has diff and effect (UX-17)", async () => {
    await page.goto(`${demo.url}${base}/notes`);
    await page.locator("input[name=meeting_notes][value=task]").check();
    await page.locator("[data-names]", { hasText: "Where meeting notes go. Nothing is in effect yet." }).waitFor();
    const asked = page.waitForEvent("dialog").then(async (dialog) => { await dialog.dismiss(); return dialog.type(); });
    await page.locator(".tabs a", { hasText: "Forecast" }).click();
    assert.equal(await asked, "beforeunload");
    await page.getByRole("button", { name: "Review changes" }).last().click();
    await page.getByRole("heading", { name: "Review 1 change before it takes effect" }).waitFor();
    const said = (await page.locator("main").innerText()).replace(/\s+/g, " ");
    for (const words of [/\d+ records? would change/, /\d+ records? would be created/, /\d+ API calls?/, /Notes › Meeting notes go to Event Event, Task/, /Old in Salesforce New Last edited in Salesforce/]) assert.match(said, words);
    // UX-31: names in the place of ids, and all of it as a file.
    assert.doesNotMatch(said, /\b00[15]\w{15}\b/);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: /^Export \d+ fields? as CSV$/ }).click();
    assert.match((await download).suggestedFilename(), /\.csv$/);
    await page.getByRole("button", { name: "Back to editing" }).click();
    assert.ok(await page.locator("input[name=meeting_notes][value=task]").isChecked(), "what was typed is kept");
    await page.locator("a", { hasText: "Discard" }).click();
    await page.waitForLoadState();
    assert.equal(await page.locator("input[name=meeting_notes][value=task]").isChecked(), false);
  });

  test("the second of two people who save chooses, and overwrites nothing by silence (UX-18)", async () => {
    const other = await web.context.newPage();
    await other.goto(`${demo.url}${base}/contacts`);
    await page.goto(`${demo.url}${base}/contacts`);
    await page.getByLabel("Contacts per meeting").fill("7");
    await page.getByRole("button", { name: "Review changes" }).last().click();
    await agree(page, demo);
    await page.getByRole("button", { name: saveAll }).click();
    await page.getByText("Saved. The new settings are in force now.").waitFor();
    await other.getByLabel("Contacts per meeting").fill("9");
    await other.getByRole("button", { name: "Review changes" }).last().click();
    await other.getByRole("heading", { name: "Two people saved" }).waitFor();
    await noViolations(other);
    const choice = (who) => other.getByRole("radio", { name: new RegExp(`${who}: `) });
    assert.match(await choice("Mara Quill saved").getAttribute("aria-label"), /: 7$/);
    assert.match(await choice("You").getAttribute("aria-label"), /: 9$/);
    await choice("Mara Quill saved").check();
    await other.locator("main form button[type=submit]").last().click();
    await other.waitForLoadState();
    await page.goto(`${demo.url}${base}/contacts`);
    assert.equal(await page.getByLabel("Contacts per meeting").inputValue(), "7");
    await other.close();
  });

  test("a refused form says on top what is wrong, has the focus there, and leads to the field (UX-19)", async () => {
    await page.goto(`${demo.url}${base}/contacts`);
    await page.getByLabel("Country of phone numbers").fill("U1");
    await page.getByRole("button", { name: "Review changes" }).last().click();
    await page.waitForFunction(() => document.activeElement?.hasAttribute("data-error-summary"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.labels[0].textContent.trim()), "Country of phone numbers");
    assert.equal(await page.getByLabel("Country of phone numbers").getAttribute("aria-invalid"), "true");
    await noViolations(page);
    await page.locator("a", { hasText: "Discard" }).click();
    // 1280 px at 400 % are 320.
    await page.setViewportSize({ width: 320, height: 256 });
    for (const [, name] of tabs) {
      await page.goto(`${demo.url}${base}/${name}`);
      await noSidewaysScroll(page);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("the lock stands at each locked control, with the value in force and why (UX-16)", async () => {
    await page.goto(`${demo.url}${base}/notes`);
    await page.getByRole("switch", { name: "Lock for everyone" }).check();
    await page.getByRole("button", { name: "Review changes" }).last().click();
    await agree(page, demo);
    await page.getByRole("button", { name: saveAll }).click();
    await page.getByRole("heading", { name: "What members see under “You”" }).waitFor();
    const rep = await openBrowser();
    try {
      await signIn(rep.page, demo, demo.rep);
      await rep.page.goto(`${demo.url}/settings/you`);
      await rep.page.getByText("The organization has locked these settings: its values hold for everybody. Ask Mara Quill to change them.").waitFor();
      assert.equal(await rep.page.getByText("locked by organization", { exact: true }).count(), 3);
      assert.ok(await rep.page.locator("input[name=meeting_notes][value=event]").isChecked());
      assert.ok(await rep.page.locator("input[name=meeting_notes][value=event]").isDisabled());
      await noViolations(rep.page);
      assert.deepEqual(rep.complaints, []);
    } finally {
      await rep.close();
    }
    await page.getByRole("link", { name: "Reset this tab to defaults" }).click();
    await page.getByText("Nothing is saved yet.").waitFor();
    await agree(page, demo);
    await page.getByRole("button", { name: saveAll }).click();
    await page.getByText("Saved. The new settings are in force now.").waitFor();
    assert.equal(await page.getByRole("switch", { name: "Lock for everyone" }).isChecked(), false);
  });

  test("a field shows what it is, why it goes which way, and three real values (UX-22, UX-24, UX-25)", async () => {
    await page.goto(`${demo.url}${base}/objects/Opportunity?show=all&q=pain`);
    const row = page.locator("#field-Pain_Points__c");
    const said = (await row.innerText()).replace(/\s+/g, " ");
    assert.match(said, /Pain Points Pain_Points__c Long text, 32,768 What hurts the customer today/);
    assert.match(said, /Bidirectional Nothing fills it, and edits go out once it is Editable\./);
    assert.equal(await row.locator("[title]").first().getAttribute("title"), "Nothing fills it, and edits go out once it is Editable.");
    await page.goto(`${demo.url}${base}/objects/Contact`);
    assert.equal(await page.locator("#field-LastName td").last().locator(".second").count(), 3);
    // No value and no choice is cut by the edge of the table.
    const cut = await page.evaluate(() => {
      const table = document.querySelector(".fields-table").getBoundingClientRect(), card = document.querySelector(".fields-table").closest(".card").getBoundingClientRect();
      return table.right - card.right;
    });
    assert.ok(cut <= 0, `${cut} px of the fields are cut`);
  });

  test("nothing was complained about in the console", () => {
    assert.deepEqual(web.complaints.filter((c) => !/status of 422/.test(c)), []);
  });
});
