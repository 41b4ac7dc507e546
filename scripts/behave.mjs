// Proves in Chromium what the script and the live parts do with pages of the
// gallery, and that the same pages work without a script.
//
//   go test ./views -args -gallery var/gallery && node scripts/behave.mjs var/gallery
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch, serve } from "./gallery.mjs";

const dir = process.argv[2];
const file = (name) => readFileSync(join(dir, `${name}.html`), "utf8");

// The person behind the record page: what the tests change on the server.
const person = { title: "Head of Operations", department: "Logistics", refuse: false };

function record(edit) {
  const html = file(edit ? (person.refuse ? "contact-refused" : "contact-editing") : "contact");
  return html.replaceAll("Head of Operations", person.title).replaceAll(">Logistics<", `>${person.department}<`);
}

function answer(req, res, url) {
  if (url.pathname === "/settings/salesforce/disconnect") {
    setTimeout(() => res.end(file("connect-disconnect")), 200);
    return true;
  }
  if (url.pathname !== "/contacts/0031") return false;
  if (req.method !== "POST") {
    res.end(record(url.searchParams.has("edit")));
    return true;
  }
  let body = "";
  req.on("data", (chunk) => { body += chunk; });
  req.on("end", () => {
    const value = new URLSearchParams(body).get("Department");
    person.refuse = value === "refused";
    if (person.refuse) {
      res.statusCode = 422;
      return res.end(record(true));
    }
    person.department = value;
    res.statusCode = 303;
    res.setHeader("Location", "/contacts/0031");
    return res.end();
  });
  return true;
}

const { base, streams, close: closeServer } = await serve(dir, answer);
const { browser, close: closeBrowser } = await launch();
const changed = () => streams.forEach((s) => s.write("event: changed\ndata: look again\n\n"));
const text = (page, selector, want) => page.locator(selector, { hasText: want }).first().waitFor();
const focused = (page) => page.evaluate(() => document.activeElement.id);

async function livePartFollowsTheStream(page) {
  await page.goto(`${base}/contacts/0031`);
  await page.waitForFunction(() => document.querySelector("#stream"));
  while (streams.size === 0) await page.waitForTimeout(20);
  await page.evaluate(() => { document.querySelector("h1").same = true; });
  person.title = "Chief of Operations";
  changed();
  await text(page, ".facts-row dd", "Chief of Operations");
  assert.equal(await page.evaluate(() => document.querySelector("h1").same), true, "elements are kept, not replaced");
}

async function openFormSurvivesLiveUpdates(page) {
  await page.click("#field-Department a");
  await page.locator("#Department").waitFor();
  await page.waitForFunction(() => document.activeElement.id === "Department");
  await page.fill("#Department", "Tran");
  person.title = "Managing Director";
  changed();
  await text(page, ".facts-row dd", "Managing Director");
  assert.equal(await page.inputValue("#Department"), "Tran");
  assert.equal(await focused(page), "Department");
}

async function refusedEditKeepsFormAndAddress(page) {
  await page.fill("#Department", "refused");
  await page.click(".detail-form button");
  await page.locator("#Department-error").waitFor();
  assert.match(page.url(), /edit=Department/);
  await page.waitForFunction(() => document.activeElement.id === "Department");
}

async function savedEditClosesTheForm(page) {
  await page.fill("#Department", "Transport");
  await page.click(".detail-form button");
  await text(page, "#field-Department .detail-value", "Transport");
  assert.equal(page.url(), `${base}/contacts/0031`);
}

async function missedEventsAreFetchedAfterReconnect(page) {
  person.title = "Retired";
  streams.forEach((s) => s.destroy());
  await text(page, ".facts-row dd", "Retired");
}

async function unsavedChangesAreCountedAndGuarded(page) {
  await page.goto(`${base}/settings-notes`);
  const bar = page.locator("[data-save-bar]");
  await bar.waitFor({ state: "hidden" });
  await page.check("#call_notes-0");
  await page.uncheck("#lock");
  assert.equal(await page.locator("[data-count]").innerText(), "2 unsaved changes");
  assert.match(await page.locator("[data-names]").innerText(), /Lock for everyone, Call notes go to/);
  const asked = page.waitForEvent("dialog").then(async (d) => { await d.dismiss(); return d.type(); });
  await page.locator(".side-nav a", { hasText: "Contacts" }).click();
  assert.equal(await asked, "beforeunload");
  await page.check("#lock");
  await page.uncheck("#call_notes-0");
  await bar.waitFor({ state: "hidden" });
}

async function refusedFormPutsFocusOnTheSummary(page) {
  await page.goto(`${base}/contact-refused`);
  await page.waitForFunction(() => document.activeElement.hasAttribute("data-error-summary"));
  await page.click("[data-error-summary] a");
  assert.equal(await focused(page), "Department");
}

async function confirmationOpensAsDialog(page) {
  await page.goto(`${base}/connect`);
  await page.click("text=Disconnect");
  await page.locator("#dialog[open] .loading").waitFor();
  await text(page, "#dialog[open] h1", "Disconnect from Lindenmoor?");
  await page.click("#dialog [data-close]");
  await page.locator("#dialog").waitFor({ state: "hidden" });
  assert.equal(page.url(), `${base}/connect`);
}

async function everythingHasAWayWithoutScript() {
  const { browser: plain, close } = await launch({ javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(`${base}/settings-notes`);
  assert.equal(await page.locator("[data-save-bar] button").isVisible(), true);
  await page.goto(`${base}/contacts/0031`);
  await page.click("#field-Department a");
  await page.fill("#Department", "Customs");
  await page.click(".detail-form button");
  await text(page, "#field-Department .detail-value", "Customs");
  assert.equal(await page.locator("a.refresh").isVisible(), true);
  await page.goto(`${base}/connect`);
  await page.click("text=Disconnect");
  await text(page, "h1", "Disconnect from Lindenmoor?");
  await page.setViewportSize({ width: 390, height: 800 });
  await page.click(".nav-menu > summary");
  assert.equal(await page.locator(".nav-menu a", { hasText: "Sync log" }).isVisible(), true);
  await close();
}

try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  const errors = [];
  page.on("pageerror", (e) => errors.push(e.message));
  for (const step of [
    livePartFollowsTheStream, openFormSurvivesLiveUpdates, refusedEditKeepsFormAndAddress, savedEditClosesTheForm,
    missedEventsAreFetchedAfterReconnect, unsavedChangesAreCountedAndGuarded, refusedFormPutsFocusOnTheSummary,
    confirmationOpensAsDialog, everythingHasAWayWithoutScript,
  ]) {
    await step(page);
    assert.deepEqual(errors, [], step.name);
    console.log(`ok ${step.name}`);
  }
} finally {
  await closeBrowser();
  closeServer();
}
