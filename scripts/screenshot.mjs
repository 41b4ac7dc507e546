// Takes the picture of the README from the running demo: a contact page with
// an edit just written.
import { openBrowser, signIn, startDemo, inSync, truth, api } from "../test/browser/world.mjs";

const demo = await startDemo("sqlite");
try {
  await inSync(demo);
  const contact = [...(await truth(demo, "Contact")).values()].find((c) => c.Title && c.AccountId && c.MobilePhone);
  await api(demo, `/records/Contact/${contact.Id}`, { method: "PATCH", body: JSON.stringify({ fields: { Title: "Head of Operations" } }) });
  const web = await openBrowser();
  await signIn(web.page, demo);
  await web.page.goto(`${demo.url}/contacts/${contact.Id}`);
  await web.page.screenshot({ path: "docs/images/contact.png", fullPage: true });
  await web.close();
} finally {
  await demo.stop();
}
