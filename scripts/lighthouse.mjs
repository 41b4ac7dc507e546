// Scores the settings tabs and their neighbors with the official Lighthouse on
// the running demo: performance, accessibility and best practices as a phone
// and as a desktop, bytes over the wire on the first load, and layout shift.
// Run by hand, because scores depend on how busy the machine is:
//
//   make lighthouse
//
// The limits are those of issue 4's look; a miss ends with status 1.
import { createRequire } from "node:module";
import { freePort, inSync, openBrowser, signIn, startDemo, truth } from "../test/browser/world.mjs";

const limits = { score: 98, bytes: 90 * 1024, shift: 0 };
const categories = ["performance", "accessibility", "best-practices"];
const load = (name) => import(createRequire(new URL("../tools/lighthouse/", import.meta.url)).resolve(name));
const { default: lighthouse, desktopConfig } = await load("lighthouse");

// What Lighthouse says of one page; the reader's cookie signs it in.
async function score(url, form, port, cookie) {
  const flags = { port, output: "json", logLevel: "error", onlyCategories: categories, extraHeaders: { Cookie: cookie } };
  let lhr;
  for (let tries = 0; tries < 3 && (!lhr || lhr.runtimeError); tries++) { // it loses a trace now and then
    ({ lhr } = await lighthouse(url, flags, form === "desktop" ? desktopConfig : undefined));
  }
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const scores = categories.map((c) => Math.round(lhr.categories[c].score * 100));
  const figure = (audit) => lhr.audits[audit].numericValue;
  const lost = Object.values(lhr.audits).filter((a) => a.score !== null && a.score < 0.9 && a.scoreDisplayMode !== "informative").map((a) => a.id);
  const moved = (lhr.audits["layout-shifts"]?.details?.items ?? []).map((i) => i.node?.selector).filter(Boolean);
  return { moved, scores, bytes: figure("total-byte-weight"), shift: figure("cumulative-layout-shift"), largest: figure("largest-contentful-paint"), lost };
}

const demo = await startDemo("sqlite");
const port = await freePort();
const web = await openBrowser({}, [`--remote-debugging-port=${port}`]);
let failed = 0;
try {
  await inSync(demo);
  await signIn(web.page, demo);
  const cookie = (await web.context.cookies()).map((c) => `${c.name}=${c.value}`).join("; ");
  const deal = [...(await truth(demo, "Opportunity")).keys()][0];
  const paths = ["notes", "objects", "contacts", "forecast", "advanced"].map((tab) => `/settings/salesforce/${tab}`)
    .concat("/forecast", "/settings/topics", "/settings/agents", "/sync/log", `/deals/${deal}`);
  console.log(`${"page".padEnd(40)} form     perf a11y best    KB    CLS   LCP`);
  for (const path of paths) {
    for (const form of ["mobile", "desktop"]) {
      const m = await score(demo.url + path, form, port, cookie);
      const bad = m.bytes > limits.bytes || m.shift > limits.shift || m.scores.some((s) => s < limits.score);
      if (bad) failed++;
      console.log(`${path.padEnd(40)} ${form.padEnd(7)} ${m.scores.map((s) => String(s).padStart(4)).join(" ")} ${(m.bytes / 1024).toFixed(1).padStart(6)} ${m.shift.toFixed(3)} ${m.largest.toFixed(0).padStart(5)}${bad ? "  FAIL " : "  "}${m.moved.map((s) => `moved ${s}; `).join("")}${m.lost.join(", ")}`);
    }
  }
} finally {
  await web.close();
  await demo.stop();
}
console.log(failed ? `${failed} beyond the limits` : "all within the limits");
process.exit(failed ? 1 : 0);
