// Connecting through the consent page of the org, from both buttons.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { engines, eventually, api, openBrowser, patience, signIn, startDemo } from "./world.mjs";

for (const engine of engines) {
  describe(`connecting on ${engine}`, () => {
    let demo, web;
    before(async () => {
      demo = await startDemo(engine, { connected: false });
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      await signIn(web.page, demo);
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
    });

    const fill = async (page) => {
      await page.fill("#login_url", demo.org.url);
      await page.fill("#client_id", demo.org.client_id);
      await page.fill("#client_secret", demo.org.client_secret);
      await page.getByRole("button", { name: "Go to Salesforce" }).click();
    };

    test("both buttons are offered, and what will happen is said before leaving (AVC-01)", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/salesforce`);
      await page.getByRole("link", { name: "Connect Production" }).waitFor();
      await page.getByRole("link", { name: "Connect Sandbox" }).click();
      await page.getByText(/personal|e-mail addresses and phone numbers/i).first().waitFor();
    });

    test("a host that is not Salesforce is refused, and what was typed stays (S-11)", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/salesforce/connect/production`);
      await page.fill("#login_url", "https://a.salesforce.com.evil.example");
      await page.fill("#client_id", "key");
      await page.getByRole("button", { name: "Go to Salesforce" }).click();
      await page.getByText(/no Salesforce sign-in host/).first().waitFor();
      assert.equal(await page.inputValue("#login_url"), "https://a.salesforce.com.evil.example");
    });

    test("denying stores nothing", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/salesforce/connect/production`);
      await fill(page);
      await signInAtOrg(page);
      await page.click("#deny");
      await page.getByText(/did not grant access/).first().waitFor();
      const { body } = await api(demo, "/status");
      assert.equal(body.objects.length, 0);
    });

    test("allowing connects, and the first reading begins", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/salesforce/connect/production`);
      await fill(page);
      await signInAtOrg(page);
      await page.click("#allow");
      await page.waitForURL(/\/settings\/salesforce\?saved=connected/);
      await page.getByText(/Connected to Salesforce/).first().waitFor();
      await page.getByText(/passed/).first().waitFor();
      await eventually("contacts are mirrored", async () => {
        const { body } = await api(demo, "/status");
        return body.objects.some((o) => o.object === "Contact" && o.rows_here >= 1500);
      });
    });

    test("connecting the same org again keeps all, and says so (UX-06)", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/salesforce`);
      await page.getByRole("link", { name: "Reconnect" }).click();
      await page.getByText(`Until now that was ${demo.org.username}.`).waitFor();
      await fill(page);
      await signInAtOrg(page);
      await page.click("#allow");
      await page.waitForURL(/saved=reconnected/);
      await page.getByText("Connected again. All settings, mappings and the position in the stream are kept").waitFor();
      const { body } = await api(demo, "/status");
      assert.ok(body.objects.some((o) => o.object === "Contact" && o.rows_here >= 1500), "the mirror stays");
    });

    test("disconnecting asks first, and says what stays", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/salesforce/disconnect`);
      await page.getByText(/settings and mappings/).first().waitFor();
      await page.fill("#password", demo.admin.password);
      await page.getByRole("button", { name: "Disconnect Salesforce" }).click();
      await page.waitForURL(/saved=disconnected/);
      const { body } = await api(demo, "/status");
      assert.equal(body.state, "disconnected");
    });

    test("nothing was complained about in the console", () => {
      // The browser reports a refusal as a failed resource (the two above are
      // meant), and hints that a password form has no user name.
      assert.deepEqual(web.complaints.filter((c) => !/status of (422|403)|\[DOM\]/.test(c)), []);
    });

    async function signInAtOrg(page) {
      await page.waitForURL((url) => url.origin === new URL(demo.org.url).origin);
      if (await page.locator("#login").count()) {
        const form = page.locator("form").first();
        await form.locator("input[name=username], #username").first().fill(demo.org.username);
        await form.locator("input[type=password]").first().fill(demo.org.password);
        await page.click("#login");
      }
      await page.locator("#allow").waitFor();
    }
  });
}
