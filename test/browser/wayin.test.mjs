// The way in, as an admin sees it: a large loading is paused, resumed and
// canceled, an object is proven, a record is read as of a moment, a link is
// chosen and cut, and a gap is followed to its certificate.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { api, changeInOrg, engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

async function control(demo, method, path, body) {
  const answer = await fetch(`${demo.org.url}/_sim${path}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}

for (const engine of engines) {
  describe(`the way in on ${engine}`, () => {
    let demo, web, people;
    before(async () => {
      demo = await startDemo(engine, { env: { TIDEGATE_BULK_FROM: "100", TIDEGATE_BULK_PAGE: "100" } });
      await inSync(demo);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      await signIn(web.page, demo);
      people = [...(await truth(demo, "Contact")).values()].filter((c) => !c.IsDeleted);
      assert.ok(people.length > 200, "the demo has more than two pages of contacts");
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    // Each engine has its turn without a script; pages know nothing of engines.
    const script = engine === "sqlite";
    const looksRight = async (web) => {
      if (web.still) return; // axe is a script
      await noViolations(web.page);
      await web.page.setViewportSize({ width: 320, height: 800 });
      await noSidewaysScroll(web.page);
      await web.page.setViewportSize({ width: 1280, height: 900 });
    };

    test(`a loading is paused, resumed and canceled beside its progress bar, ${script ? "with" : "without"} a script`, async () => {
      const own = script ? web : { ...await openBrowser({ javaScriptEnabled: false }), still: true };
      if (!script) {
        own.page.setDefaultTimeout(patience);
        await signIn(own.page, demo);
      }
      try {
        await loading(own);
        assert.deepEqual(own.complaints, []);
      } finally {
        if (!script) await own.close();
      }
    });

    const loading = async (web) => {
      const { page } = web;
      // The org holds the pages behind the first back, so that the loading stands
      // half done for as long as this test looks at it.
      const hold = { kind: "hold_requests", method: "GET", path: "/services/data/v66.0/jobs/query/*/results", after: 1, seconds: 3600 };
      await control(demo, "POST", "/faults", hold);
      await page.goto(`${demo.url}/settings/salesforce/objects/Contact`);
      await page.getByRole("button", { name: /^Load/ }).first().click();
      await page.waitForURL(/saved=loading/); // leaving earlier would take the wish back
      await page.goto(demo.url);
      const bar = page.getByRole("progressbar", { name: "Loaded of Contact" });
      await eventually("a page of contacts is loaded", async () => {
        await page.goto(demo.url);
        return (await bar.count()) > 0 && Number(await bar.getAttribute("value")) > 0;
      });
      await page.getByText(/\d rows a second, about .+ left, by Bulk API 2\.0/).waitFor();
      await looksRight(web);
      const load = page.locator("#load-contact");
      const press = async (name, saved) => {
        await load.getByRole("button", { name }).click();
        await page.waitForURL(new RegExp(`saved=${saved}$`));
      };
      await press(/^Pause/, "loadpaused");
      await load.getByText("nothing is lost, and it goes on where it stopped").waitFor();
      await looksRight(web);
      await press(/^Resume/, "loadresumed");
      await load.getByRole("button", { name: /^Pause/ }).waitFor();
      await press(/^Cancel/, "loadcanceled");
      await control(demo, "DELETE", "/faults");
      await inSync(demo); // it was whole before, and is kept so
      await eventually("the loading is no longer shown", async () => {
        await page.goto(demo.url);
        return (await load.count()) === 0;
      });
    };

    test("an object is proven now", async () => {
      const { page } = web;
      await page.goto(demo.url);
      await page.getByRole("button", { name: /^Prove now.*compare Contact with/ }).click();
      await eventually("contacts are equal", async () => {
        const row = page.getByRole("row").filter({ has: page.getByText("Contact", { exact: true }) }).first();
        return /Equal as of/.test(await row.textContent());
      });
      await looksRight(web);
    });

    test("a record is read as of a moment before a change", async () => {
      const { page } = web;
      const [contact] = people;
      for (const title of ["First Mate", "Harbor Master"]) {
        await changeInOrg(demo, "Contact", contact.Id, { Title: title });
        await eventually(`${title} is here`, async () => {
          await page.goto(`${demo.url}/contacts/${contact.Id}`);
          return (await page.content()).includes(title);
        });
        await new Promise((resolve) => setTimeout(resolve, 1100)); // commits have whole seconds
      }
      await page.getByRole("link", { name: "As it was before" }).click();
      await page.getByRole("heading", { name: "Fields" }).waitFor();
      await looksRight(web);
      // Each change is a step back; one of them ends before the second title.
      await eventually("the earlier title is shown as it was then", async () => {
        const title = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Title", exact: true }) });
        if ((await title.textContent()).includes("First Mate")) return true;
        await page.getByRole("link", { name: /^Previous/ }).click();
        return false;
      });
      await looksRight(web);
      await page.getByRole("link", { name: "Back to now" }).click();
      await page.getByText("Harbor Master").first().waitFor();
    });

    test("another record is chosen for a person, and the link is cut", async () => {
      const { page } = web;
      const [, from, to] = people.filter((c) => c.Email);
      const put = await api(demo, "/people/wayin-1", { method: "PUT", body: JSON.stringify({ email: from.Email, last_name: from.LastName, kind: "contact" }) });
      assert.equal(put.status, 200, JSON.stringify(put.body));
      await eventually("the person is linked", async () => {
        await page.goto(`${demo.url}/contacts/${from.Id}`);
        return (await page.getByRole("link", { name: /Choose another record/ }).count()) > 0;
      });
      await looksRight(web);
      await page.getByRole("link", { name: /Choose another record/ }).first().click();
      await page.fill("#q", to.Email);
      await page.getByRole("button", { name: "Find" }).click();
      await page.getByRole("button", { name: /^Choose/ }).first().click();
      await page.waitForURL((url) => url.pathname === `/contacts/${to.Id}`);
      await looksRight(web);
      await page.getByRole("link", { name: /^Unlink/ }).first().click();
      await page.getByRole("button", { name: "Unlink" }).click();
      await page.waitForURL((url) => url.pathname === `/contacts/${to.Id}`);
      assert.equal(await page.getByRole("link", { name: /^Choose another record/ }).count(), 0);
    });

    test("a gap is followed to its certificate", async () => {
      const { page } = web;
      await control(demo, "POST", "/faults", { kind: "gap_events", object: "Contact", count: 1 });
      await changeInOrg(demo, "Contact", people[3].Id, { Title: "Not told" });
      await page.goto(`${demo.url}/sync/holes`);
      await looksRight(web);
      await eventually("the gap is closed", async () => {
        await page.goto(`${demo.url}/sync/holes?state=closed`);
        return (await page.locator("main a[href^='/sync/holes/']").count()) > 0;
      });
      await looksRight(web);
      await page.locator("main a[href^='/sync/holes/']").first().click();
      await page.getByRole("heading", { name: "Certificate" }).waitFor();
      await looksRight(web);
      assert.deepEqual(web.complaints, []);
    });
  });
}
