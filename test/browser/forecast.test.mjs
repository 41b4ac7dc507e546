// The forecast as a rep sees it, by the org's truth: under each visibility by
// team and role that an admin chooses on the tab, in Chromium on both engines.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { engines, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

const tab = "/settings/salesforce/forecast";
const counted = ["Pipeline", "BestCase", "Forecast", "Closed"];

/** What the deals of a span add up to in the org, as the page writes it. */
async function expected(demo, { months = 1, weighted = false, counts = (deal) => counted.includes(deal.ForecastCategory) } = {}) {
  const now = new Date(), first = now.getUTCMonth() - now.getUTCMonth() % months;
  const from = new Date(Date.UTC(now.getUTCFullYear(), first, 1)), to = new Date(Date.UTC(now.getUTCFullYear(), first + months, 1));
  const deals = [...(await truth(demo, "Opportunity")).values()].filter((deal) => {
    const close = new Date(`${deal.CloseDate}T00:00:00Z`);
    return !deal.IsDeleted && close >= from && close < to && counts(deal);
  });
  const cents = deals.reduce((sum, deal) => sum + Math.round((deal.Amount ?? 0) * (weighted ? deal.Probability : 100)), 0);
  const [whole, rest] = (cents / 100).toFixed(2).split(".");
  const amount = `$ ${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${rest === "00" ? "" : `.${rest.replace(/0$/, "")}`}`;
  return { amount, deals: `${deals.length} deal${deals.length === 1 ? "" : "s"}` };
}

for (const engine of engines) {
  describe(`the forecast of a rep on ${engine}`, () => {
    let demo, admin, rep;
    before(async () => {
      demo = await startDemo(engine);
      await inSync(demo);
      [admin, rep] = [await openBrowser(), await openBrowser()];
      admin.page.setDefaultTimeout(patience);
      rep.page.setDefaultTimeout(patience);
      await signIn(admin.page, demo);
      await signIn(rep.page, demo, demo.rep);
    });
    after(async () => {
      await admin?.close();
      await rep?.close();
      await demo?.stop();
    });

    const choose = async (fill) => {
      const page = admin.page;
      await page.goto(demo.url + tab);
      await fill(page);
      await page.getByRole("button", { name: "Review changes" }).last().click();
      await page.getByText("Nothing is saved yet.").first().waitFor();
      await page.getByRole("button", { name: "Save Changes & Start Syncing" }).last().click();
      await page.getByText("Saved. The new settings are in force now.").waitFor();
      assert.deepEqual(admin.complaints, []);
    };
    const visible = (teams, roles) => choose(async (page) => {
      await page.fill("[name=teams]", teams);
      await page.fill("[name=roles]", roles);
    });
    const sees = async ({ amount, deals }) => {
      const answer = await rep.page.goto(`${demo.url}/forecast`);
      assert.equal(answer.status(), 200);
      const card = rep.page.locator("section[aria-labelledby=period-title]");
      assert.equal((await card.locator(".big-number").textContent()).trim(), amount);
      assert.ok((await card.textContent()).includes(deals), `${deals} in ${await card.textContent()}`);
      await rep.page.goto(`${demo.url}/`);
      assert.equal(await rep.page.locator("nav a[href='/forecast']").count() > 0, true);
      assert.deepEqual(rep.complaints, []);
    };
    const refused = async (why) => {
      for (const path of ["/forecast", "/forecast?span=quarter&amounts=weighted"]) {
        const answer = await rep.page.goto(demo.url + path);
        assert.equal(answer.status(), 403, path);
        const text = await rep.page.locator("main").textContent();
        assert.ok(text.includes(why), `${why} in ${text}`);
        assert.ok(!/\$ ?\d/.test(text), `an amount is told: ${text}`);
      }
      await rep.page.goto(`${demo.url}/`);
      assert.equal(await rep.page.locator("a[href^='/forecast']").count(), 0);
      rep.complaints.length = 0; // Chromium tells of the 403
    };

    test("he sees what the org's deals add up to, total and weighted, by month and quarter (AVM-39)", async () => {
      await sees(await expected(demo));
      await rep.page.goto(`${demo.url}/forecast`);
      await noViolations(rep.page);
      for (const width of [1280, 390]) {
        await rep.page.setViewportSize({ width, height: 900 });
        await noSidewaysScroll(rep.page);
      }
      await rep.page.setViewportSize({ width: 1280, height: 900 });
      await choose((page) => page.locator("input[name=amount][value=weighted]").check());
      await sees(await expected(demo, { weighted: true }));
      await choose((page) => page.selectOption("[name=period]", "quarterly"));
      await sees(await expected(demo, { weighted: true, months: 3 }));
    });

    test("stages count in the place of forecast categories, and only the chosen ones", async () => {
      await choose(async (page) => {
        await page.locator("input[name=amount][value=total]").check();
        await page.locator("input[name=count_by][value=stage]").check();
        for (const stage of ["Prospecting", "Closed Won"]) await page.locator(`input[name=stages][value="${stage}"]`).check();
      });
      await sees(await expected(demo, { months: 3, counts: (deal) => ["Prospecting", "Closed Won"].includes(deal.StageName) }));
      await choose(async (page) => {
        await page.locator("input[name=count_by][value=category]").check();
        await page.locator("input[name=categories][value=Pipeline]").uncheck();
        await page.selectOption("[name=period]", "monthly");
      });
      await sees(await expected(demo, { counts: (deal) => counted.includes(deal.ForecastCategory) && deal.ForecastCategory !== "Pipeline" }));
    });

    test("who is outside the teams or the roles gets nothing, not zeros (AVM-38)", async () => {
      const shown = await expected(demo, { counts: (deal) => counted.includes(deal.ForecastCategory) && deal.ForecastCategory !== "Pipeline" });
      await visible("Partners", "");
      await refused("The forecast is shown to Partners");
      await visible("Partners, Sales", "");
      await sees(shown);
      await visible("Sales", "Account Executive");
      await refused("ask an admin to add your role");
      await admin.page.goto(`${demo.url}/settings/members`);
      await admin.page.getByRole("link", { name: "Sofia Lindqvist" }).click();
      await admin.page.fill("[name=job_role]", "Account Executive");
      await admin.page.locator("form", { has: admin.page.locator("[name=job_role]") }).getByRole("button").first().click();
      await admin.page.waitForLoadState();
      await sees(shown);
      await visible("", "VP Sales");
      await refused("The forecast is shown to VP Sales");
      await admin.page.goto(`${demo.url}/forecast`); // he must be able to check what he sets
      assert.equal(await admin.page.locator("section[aria-labelledby=period-title] .big-number").count(), 1);
      await visible("", "");
      await sees(shown);
    });
  });
}
