// A small server for pages written by `go test ./views -args -gallery DIR`, and
// a Chromium to look at them; shared by look.mjs and behave.mjs.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };

// serve answers /NAME with the page NAME, /static/ with the built assets and
// /live with an event stream. own(req, res, url) may answer first by returning
// true. streams holds the open event streams.
export async function serve(pagesDir, own = () => false) {
  const streams = new Set();
  const server = createServer((req, res) => {
    const url = new URL(req.url, "http://gallery");
    res.setHeader("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
    try {
      if (url.pathname.startsWith("/static/")) {
        res.setHeader("Content-Type", types[url.pathname.split(".").pop()] || "text/plain");
        return res.end(readFileSync(join(root, "static/dist", url.pathname.slice(8))));
      }
      if (url.pathname === "/live") {
        res.setHeader("Content-Type", "text/event-stream");
        res.write(": open\n\n");
        streams.add(res);
        return res.on("close", () => streams.delete(res));
      }
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      if (own(req, res, url)) return undefined;
      return res.end(readFileSync(join(pagesDir, `${url.pathname.slice(1)}.html`)));
    } catch {
      res.statusCode = 404;
      return res.end("not found");
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => { server.closeAllConnections(); server.close(); };
  return { base: `http://127.0.0.1:${server.address().port}`, streams, close };
}

// launch starts Chromium with a profile of its own that is removed afterwards.
export async function launch(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "tidegate-look-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ...options,
  });
  const close = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { browser, close };
}
