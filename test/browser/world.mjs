// What the browser tests share: the real program on free ports, a real
// Chromium, and checks that hold on every page.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browserPath = process.env.CHROMIUM || "/usr/bin/chromium";
const browserFlags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const patience = 60_000; // ms; a deadline for hanging, never a measure

/** A free TCP port on loopback. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts a program and resolves with the first line of JSON that it prints. */
function startProgram(command, args, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let errors = "", printed = "";
  child.stderr.on("data", (chunk) => { errors = (errors + chunk).slice(-8000); });
  const ready = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command} was not ready in time: ${errors}`)), patience);
    child.stdout.on("data", (chunk) => {
      printed += chunk;
      const end = printed.indexOf("\n");
      if (end >= 0) { clearTimeout(timer); resolve(JSON.parse(printed.slice(0, end))); }
    });
    child.on("exit", (code) => { clearTimeout(timer); reject(new Error(`${command} ended with ${code}: ${errors}`)); });
    child.on("error", (error) => { clearTimeout(timer); reject(error); });
  });
  const stop = () => new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
    child.on("exit", () => { clearTimeout(hard); resolve(); });
    child.stdin.end();
    child.kill("SIGTERM");
  });
  return { ready, stop, errors: () => errors };
}

/** The databases that every browser test runs on. */
export const engines = ["sqlite", "postgres"];

/** Starts the demo (quiet org) on an engine; stop() removes everything. */
export async function startDemo(engine, { quiet = true, connected = true, features = [], env: more = {} } = {}) {
  const data = mkdtempSync(join(tmpdir(), "tidegate-browser-"));
  const started = [];
  const env = { TIDEGATE_OPS_ADDR: `127.0.0.1:${await freePort()}`, ...more };
  const args = ["demo", "--json", "--http", `127.0.0.1:${await freePort()}`, "--org", `127.0.0.1:${await freePort()}`, "--data", data];
  if (quiet) args.push("--quiet-org");
  if (!connected) args.push("--unconnected");
  if (features.length > 0) args.push("--features", features.join(","));
  const stop = async () => {
    for (const program of started.reverse()) await program.stop();
    rmSync(data, { recursive: true, force: true });
  };
  try {
    if (engine === "postgres") {
      const pg = startProgram("go", ["run", "./test/pg"]);
      started.push(pg);
      args.push("--database", (await pg.ready).url);
    }
    const demo = startProgram("bin/tidegate", args, env);
    started.push(demo);
    const info = await demo.ready;
    return { ...info, stop, errors: demo.errors };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until check() gives something true; the deadline only ends a hang. */
export async function eventually(what, check, bound = patience) {
  const end = Date.now() + bound;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) assert.fail(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The org's own view of an object's records, by id. */
export async function truth(demo, object) {
  const answer = await fetch(`${demo.org.url}/_sim/truth/${object}`);
  assert.equal(answer.status, 200);
  const rows = (await answer.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return new Map(rows.map((row) => [row.Id, row]));
}

/** Changes one record in the org as one of its users would. */
export async function changeInOrg(demo, object, id, values) {
  const answer = await fetch(`${demo.org.url}/_sim/changes`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ object, op: "update", id, values }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** Calls the product API with the demo's key. */
export async function api(demo, path, init = {}) {
  const answer = await fetch(`${demo.url}/api/v1${path}`, {
    ...init, headers: { Authorization: `Bearer ${demo.api_key}`, "Content-Type": "application/json", ...init.headers },
  });
  return { status: answer.status, body: await answer.json() };
}

/** Waits until the first backfill is done and the stream is live. */
export async function inSync(demo) {
  await eventually("the first reading is done", async () => {
    const { body } = await api(demo, "/status");
    return body.state === "ok" && body.objects.length > 0 && body.objects.every((o) => o.backfill === "done");
  });
}

/** Opens Chromium; every page of it collects what must not happen. */
export async function openBrowser(options = {}, flags = []) {
  const browser = await chromium.launch({ executablePath: browserPath, args: [...browserFlags, ...flags] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("response", (r) => { if (r.status() >= 500) complaints.push(`${r.status()} ${r.url()}`); });
  return { browser, context, page, complaints, close: () => browser.close() };
}

/** Signs in through the form. */
export async function signIn(page, demo, who = demo.admin) {
  await page.goto(`${demo.url}/login`);
  await page.fill("#email", who.email);
  await page.fill("#password", who.password);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => url.pathname === "/");
}

/** Answers what the review of a dangerous change asks; nothing where it asks nothing. */
export async function agree(page, demo, who = demo.admin) {
  if (await page.locator("input[name=password]").count() === 0) return;
  await page.fill("input[name=password]", who.password);
  await page.check("input[name=confirm]");
}

/** Runs axe-core for WCAG 2.2 A and AA and best practice: no violation. */
export async function noViolations(page) {
  // evaluate runs in the page's own world without adding a script element,
  // so the content policy stays as it is.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  });
  assert.deepEqual(found, [], `axe-core on ${page.url()}`);
}

/** No sideways scroll of the page itself. */
export async function noSidewaysScroll(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${page.url()} scrolls sideways by ${wide} px`);
}
