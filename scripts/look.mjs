// Opens every page of a gallery folder in Chromium under the strict content
// security policy: screenshots at 1280 and 390 px, axe-core at both, no console
// message, no sideways scroll at 320 px.
//
//   go test ./views -args -gallery var/gallery && node scripts/look.mjs var/gallery var/shots [name…]
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { launch, root, serve } from "./gallery.mjs";

const [pagesDir, shotsDir, ...only] = process.argv.slice(2);
const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const { base, close: closeServer } = await serve(pagesDir);
const { browser, close: closeBrowser } = await launch();
mkdirSync(shotsDir, { recursive: true });
const names = readdirSync(pagesDir).filter((f) => f.endsWith(".html")).map((f) => f.slice(0, -5))
  .filter((n) => only.length === 0 || only.some((o) => n.startsWith(o)));
let problems = 0;
const report = (text) => { problems++; console.log(text); };

async function look(name) {
  const page = await browser.newPage();
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) report(`${name}: console ${m.text()}`); });
  page.on("pageerror", (e) => report(`${name}: ${e.message}`));
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await page.goto(`${base}/${name}`);
    await page.waitForLoadState("load");
    await page.screenshot({ path: join(shotsDir, `${name}-${width}.png`), fullPage: true });
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
    for (const v of found.violations) {
      report(`${name} @${width}: ${v.id} (${v.nodes.length}) ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " | " + (n.any[0]?.message || n.all[0]?.message || n.none[0]?.message || "")).join("\n      ")}`);
    }
  }
  for (const width of [320, 360]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => {
      const w = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= w) return "";
      return [...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > w + 1 && !e.closest(".tabs, .scroll"))
        .slice(0, 4).map((e) => `${e.tagName}.${e.getAttribute("class")}`).join(" ");
    });
    if (wide) report(`${name}: sideways scroll at ${width}: ${wide}`);
  }
  await page.close();
}

// Two at a time: while one page waits for its picture, the other is drawn.
let next = 0;
await Promise.all([1, 2].map(async () => {
  while (next < names.length) await look(names[next++]);
}));
await closeBrowser();
closeServer();
console.log(`${names.length} pages, ${problems} problems`);
process.exit(problems ? 1 : 0);
