// What a newcomer finds after the first start: something was said already, it
// is in Salesforce, and a deal moves on by one press.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { api, eventually, inSync, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

let demo, web;

before(async () => {
  demo = await startDemo("sqlite", { quiet: false });
  await inSync(demo);
  web = await openBrowser();
  web.page.setDefaultTimeout(patience);
  await signIn(web.page, demo);
});
after(async () => {
  await web?.close();
  await demo?.stop();
});

test("what was said is in Salesforce, and leads to its deal", async () => {
  const { page } = web;
  const event = await eventually("the meetings are written", async () => {
    const { body } = await api(demo, "/log?object=Event&direction=out&state=done&limit=100");
    const of = (title) => body.lines.find((l) => l.label === title);
    return of("Pilot kick-off") && of("Pricing review");
  });
  assert.equal((await truth(demo, "Event")).get(event.record_id).Subject, "Pricing review");
  await page.goto(`${demo.url}/meetings`);
  await page.getByRole("link", { name: "Pricing review" }).first().click();
  await page.getByText("They want a price for 40 seats").first().waitFor();

  const deal = event.fields.WhatId;
  assert.ok(deal, "the review is about a deal");
  await page.goto(`${demo.url}/deals/${deal}`);
  await page.getByText("The security review must pass first.").first().waitFor();
  const step = page.getByRole("button", { name: /^Move to / });
  const next = (await step.innerText()).replace("Move to ", "").trim();
  await step.click();
  await eventually("the deal has moved on in Salesforce", async () => (await truth(demo, "Opportunity")).get(deal).StageName === next);
});

test("what came and went is drawn on the first page", async () => {
  const { page } = web;
  await page.goto(demo.url);
  await page.getByRole("img", { name: "Rows in and out over time" }).waitFor();
  await page.getByRole("link", { name: "1 h", exact: true }).click();
  await page.getByText(/In, [1-9][0-9]* rows? \(up\)/).waitFor();
  assert.deepEqual(web.complaints, []);
});
