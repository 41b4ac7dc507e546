// Measures in Chromium what Lighthouse scores by, on the running demo: bytes
// over the wire on the first load, layout shift, paint times under a slow
// network and processor, and what axe-core finds. Run by hand:
//
//   make build && node scripts/lighthouse.mjs
//
// The limits are those of issue 4; a failure ends with status 1.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inSync, openBrowser, signIn, startDemo, truth } from "../test/browser/world.mjs";

const limits = { bytes: 90 * 1024, shift: 0, violations: 0, console: 0 };
// Lighthouse's mobile profile: 150 ms round trip, 1.6 Mbit/s, a processor four
// times slower.
const slow = { offline: false, latency: 150, downloadThroughput: 1.6 * 1024 * 1024 / 8, uploadThroughput: 750 * 1024 / 8 };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Metrics are collected by observers that are there before the page.
const observe = () => {
  window.seen = { shift: 0, largest: 0, blocked: 0 };
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on("layout-shift", (e) => { if (!e.hadRecentInput) window.seen.shift += e.value; });
  on("largest-contentful-paint", (e) => { window.seen.largest = e.startTime; });
  on("longtask", (e) => { window.seen.blocked += Math.max(0, e.duration - 50); });
};

async function measure(demo, browser, path, cookies, width) {
  const context = await browser.newContext({ viewport: { width, height: 844 } }); // with an empty cache
  const complaints = [];
  try {
    await context.addCookies(cookies);
    const page = await context.newPage();
    page.on("console", (m) => { if (["error", "warning"].includes(m.type())) complaints.push(m.text()); });
    const cdp = await context.newCDPSession(page);
    await cdp.send("Network.enable");
    await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
    await cdp.send("Network.emulateNetworkConditions", slow);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    let bytes = 0;
    cdp.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
    await page.addInitScript(observe);
    await page.goto(demo.url + path, { waitUntil: "load" });
    await page.waitForTimeout(1500); // what comes late shifts late
    const seen = await page.evaluate(() => ({
      ...window.seen, first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations.map((v) => v.id));
    return { path, width, bytes, ...seen, violations, console: complaints };
  } finally {
    await context.close();
  }
}

const demo = await startDemo("sqlite");
const web = await openBrowser();
let failed = 0;
try {
  await inSync(demo);
  await signIn(web.page, demo);
  const cookies = await web.context.cookies();
  const deal = [...(await truth(demo, "Opportunity")).keys()][0];
  const paths = ["notes", "objects", "contacts", "forecast", "advanced"].map((tab) => `/settings/salesforce/${tab}`)
    .concat("/forecast", "/settings/topics", "/settings/agents", "/settings/agents/default", `/deals/${deal}`);
  console.log("page                                     width  KB   CLS    FCP    LCP   TBT  axe console wide");
  for (const path of paths) {
    for (const width of [1280, 390]) {
      const m = await measure(demo, web.browser, path, cookies, width);
      const bad = m.bytes > limits.bytes || m.shift > limits.shift || m.violations.length > limits.violations || m.console.length > limits.console || m.wide > 0;
      if (bad) failed++;
      console.log(`${path.padEnd(40)} ${String(width).padStart(5)} ${(m.bytes / 1024).toFixed(1).padStart(5)} ${m.shift.toFixed(3)} ${m.first.toFixed(0).padStart(5)}  ${m.largest.toFixed(0).padStart(5)} ${m.blocked.toFixed(0).padStart(5)}  ${m.violations.length}    ${m.console.length}    ${m.wide}${bad ? "  FAIL " + [...m.violations, ...m.console].join("; ") : ""}`);
    }
  }
} finally {
  await web.close();
  await demo.stop();
}
console.log(failed ? `${failed} pages beyond the limits` : "all within the limits");
process.exit(failed ? 1 : 0);
