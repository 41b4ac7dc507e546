// A webhook from the click to the mirror: made in Chromium, used by the org,
// for an object that is not streamed.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { changeInOrg, engines, eventually, inSync, noSidewaysScroll, noViolations, openBrowser, patience, signIn, startDemo, truth } from "./world.mjs";

async function control(demo, path, body) {
  const answer = await fetch(`${demo.org.url}/_sim${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}

/** A product that takes webhooks: it refuses the first message, and keeps all. */
function receiver() {
  const came = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => { body += chunk; });
    request.on("end", () => {
      came.push({ headers: request.headers, body });
      response.writeHead(came.length === 1 ? 503 : 204).end();
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ came, host: `127.0.0.1:${server.address().port}`, close: () => server.close() })));
}

for (const engine of engines) {
  describe(`webhooks on ${engine}`, () => {
    let demo, web, address, id, product;
    before(async () => {
      product = await receiver();
      demo = await startDemo(engine, { env: { TIDEGATE_ALLOWED_HOSTS: product.host } });
      await inSync(demo);
      web = await openBrowser();
      web.page.setDefaultTimeout(patience);
      await signIn(web.page, demo);
    });
    after(async () => {
      await web?.close();
      await demo?.stop();
      product?.close();
    });

    test("the product is told of a change, signed, and again after it refused (CONTRACT)", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/webhooks/product`);
      await page.getByText("Nobody is told yet").waitFor();
      await noViolations(page);
      await page.fill("#name", "Recorder");
      await page.fill("#url", `http://${product.host}/hooks/tidegate`);
      await page.getByRole("button", { name: "Add" }).click();
      const secret = (await page.locator("#secret").textContent()).trim();
      const [lead] = [...(await truth(demo, "Lead")).values()].filter((l) => !l.IsDeleted && !l.IsConverted);
      await changeInOrg(demo, "Lead", lead.Id, { Title: "Keeper of the mole" });
      await eventually("the message came again", () => product.came.length >= 2);
      const [first, again] = product.came;
      assert.equal(again.headers["webhook-id"], first.headers["webhook-id"], "the id stays");
      const signed = `${again.headers["webhook-id"]}.${again.headers["webhook-timestamp"]}.${again.body}`;
      const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
      assert.ok(again.headers["webhook-signature"].split(" ").includes(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`));
      assert.ok(again.body.includes(lead.Id) && !again.body.includes("Keeper of the mole"), again.body);
      await page.goto(`${demo.url}/settings/webhooks/product`);
      await page.getByRole("link", { name: "Recorder" }).click();
      await eventually("the page says that it was taken", async () => {
        await page.reload();
        return (await page.locator("main").textContent()).includes("204");
      });
      await noViolations(page);
      await page.setViewportSize({ width: 320, height: 800 });
      await noSidewaysScroll(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      assert.ok(!(await page.content()).includes(secret));
      await page.goto(demo.url);
    });

    test("the menu leads there, and a webhook is made with its secret shown once", async () => {
      const { page } = web;
      await page.getByRole("button", { name: /Mara Quill/ }).or(page.locator("summary", { hasText: "Mara Quill" })).first().click();
      await page.getByRole("link", { name: "Webhooks" }).click();
      await page.getByText("No webhook yet").waitFor();
      await noViolations(page);
      await page.fill("#name", "Contacts by Flow");
      await page.selectOption("#kind", "outbound-messages");
      await page.getByRole("button", { name: "Make webhook" }).click();
      address = (await page.locator("#secret").textContent()).trim();
      assert.match(address, /\/webhooks\/salesforce\/outbound-messages\/[\w-]{20}\?secret=[\w-]{43}$/);
      id = new URL(address).pathname.split("/").pop();
      await noViolations(page);
      await page.setViewportSize({ width: 320, height: 800 });
      await noSidewaysScroll(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(`${demo.url}/settings/webhooks/${id}`);
      assert.equal(await page.locator("#secret").count(), 0);
      assert.ok(!(await page.content()).includes(address.split("secret=")[1]));
    });

    test("a change in the org comes by it although contacts are not streamed (C26)", async () => {
      const { page } = web;
      await control(demo, "/outbound", { object: "Contact", fields: ["LastName"], url: address, send_session: true });
      await control(demo, "/cdc", { object: "Contact", selected: false });
      const [contact] = (await truth(demo, "Contact")).values();
      await page.goto(`${demo.url}/contacts/${contact.Id}`);
      await changeInOrg(demo, "Contact", contact.Id, { Title: "Keeper of the gate" });
      await eventually("the contact shows the new title", async () => {
        await page.goto(`${demo.url}/contacts/${contact.Id}`);
        return (await page.content()).includes("Keeper of the gate");
      });
      await page.goto(`${demo.url}/settings/webhooks/${id}`);
      await page.getByText("All of it is read").first().waitFor();
      await noViolations(page);
      await page.goto(`${demo.url}/sync/log?direction=in&record=${contact.Id}`);
      await page.locator("main").getByText("Webhook").first().waitFor();
    });

    test("rotating and deleting ask first", async () => {
      const { page } = web;
      await page.goto(`${demo.url}/settings/webhooks/${id}`);
      await page.getByRole("link", { name: "Rotate secret" }).click();
      await page.getByText("24 more hours").waitFor();
      await page.getByRole("button", { name: "Rotate secret" }).click();
      const rotated = (await page.locator("#secret").textContent()).trim();
      assert.notEqual(rotated, address);
      await page.goto(`${demo.url}/settings/webhooks/${id}`);
      await page.getByRole("button", { name: "Refuse the old secret now" }).click();
      await page.getByText("no longer proves anything").waitFor();
      const refused = await fetch(address, { method: "POST", body: "<x/>" });
      assert.equal(refused.status, 401);
      await page.getByRole("link", { name: "Delete" }).click();
      await page.getByRole("button", { name: "Delete webhook" }).click();
      await page.getByText("The webhook is deleted").waitFor();
      assert.deepEqual(web.complaints, []);
    });
  });
}
