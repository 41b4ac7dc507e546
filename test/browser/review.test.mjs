// What a change of settings would do is said before, asked about where it can
// do harm, and then done; and the kill switch. With a script and without.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { agree, api, engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

const contact = "/settings/salesforce/objects/Contact";

for (const engine of engines) {
  describe(`review on ${engine}`, () => {
    let demo;
    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
    });
    after(() => demo?.stop());

    for (const script of [true, false]) {
      const how = script ? "with a script" : "without a script";

      test(`what is said before is what happens after, ${how}`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
          const flip = async (on) => {
            await page.goto(`${demo.url}${contact}`);
            await page.locator("input[type=checkbox][name=switch_create_missing]").setChecked(on, { force: true });
            await page.getByRole("button", { name: "Review changes" }).last().click();
            await page.getByRole("heading", { name: /^Review 1 change before/ }).waitFor();
          };
          const save = () => page.getByRole("button", { name: "Save Changes & Start Syncing" }).click();

          await flip(false); // harmless: nothing is asked
          assert.equal(await page.locator("input[name=password]").count(), 0);
          await save();
          await page.waitForURL(/saved=object/);
          const email = `review-${script}@harbor.example`;
          const told = await api(demo, `/people/review-${script}`, { method: "PUT", body: JSON.stringify({ email, first_name: "Rea", last_name: "View" }) });
          assert.ok(told.status < 300, JSON.stringify(told.body));
          const inOrg = async () => [...(await truth(demo, "Contact")).values()].filter((c) => c.Email === email);
          assert.equal((await inOrg()).length, 0);

          await flip(true);
          await page.getByText("would be created").first().waitFor();
          await page.getByText("Creating records is switched on for Contact").waitFor();
          if (script) await noViolations(page);
          if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/review-${script}.png`, fullPage: true });
          for (const width of [390, 320]) {
            await page.setViewportSize({ width, height: 800 });
            await noSidewaysScroll(page);
            if (process.env.SHOTS && width === 390) await page.screenshot({ path: `${process.env.SHOTS}/review-${script}-390.png`, fullPage: true });
          }
          await page.setViewportSize({ width: 1280, height: 900 });
          const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /^Export/ }).click()]);
          const chunks = [];
          for await (const chunk of await file.createReadStream()) chunks.push(chunk);
          assert.match(Buffer.concat(chunks).toString(), new RegExp(`Email,new record|Email,.*${email}`));

          await page.fill("input[name=password]", "not the password");
          await page.check("input[name=confirm]");
          await save();
          await page.getByText("This is not your present password.").first().waitFor();
          assert.equal((await inOrg()).length, 0);
          await agree(page, demo);
          await save();
          await page.waitForURL(/saved=object/);
          const made = await eventually("the person is a contact in the org", async () => {
            const found = await inOrg();
            return found.length > 0 && found;
          });
          assert.equal(made.length, 1);
          assert.equal(made[0].LastName, "View");
        } finally {
          await web.close();
        }
      });

      test(`the kill switch, ${how}`, async () => {
        const web = await openBrowser({ javaScriptEnabled: script });
        try {
          const { page } = web;
          page.setDefaultTimeout(patience);
          await signIn(page, demo);
          await page.goto(`${demo.url}/settings/salesforce/writes`);
          if (script) await noViolations(page);
          await page.fill("input[name=why]", "Trying the switch");
          await page.fill("input[name=password]", demo.admin.password);
          await page.getByRole("button", { name: "Stop all writing" }).click();
          await page.getByText("All writing to Salesforce is stopped since").first().waitFor();
          if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/halted-${script}.png`, fullPage: true });
          const someone = [...(await truth(demo, "Contact")).values()].find((c) => c.Title);
          const title = `Stopped ${script}`;
          await api(demo, `/records/Contact/${someone.Id}`, { method: "PATCH", body: JSON.stringify({ fields: { Title: title } }) });
          assert.notEqual((await truth(demo, "Contact")).get(someone.Id).Title, title);
          await page.goto(`${demo.url}/contacts`);
          await page.getByText("Trying the switch").first().waitFor();
          await page.goto(`${demo.url}/settings/salesforce/writes`);
          await page.fill("input[name=password]", demo.admin.password);
          await page.getByRole("button", { name: "Let writing go on" }).click();
          await page.waitForURL(/saved=unhalted/);
          await eventually("the edit is written", async () => (await truth(demo, "Contact")).get(someone.Id).Title === title);
        } finally {
          await web.close();
        }
      });
    }
  });
}
