// Builds static/dist from npm packages and static/src: one style sheet, the
// scripts, the icon sprite and the mark, each under a name that holds a hash of
// its content, with .gz and .br beside it and manifest.json over all of them.
// Nothing third-party is kept in the repository, so this runs after `npm ci`.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { transform } from "lightningcss";
import { PurgeCSS } from "purgecss";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const src = join(root, "static/src");
const dist = join(root, "static/dist");
const modules = join(root, "node_modules");
const read = (...parts) => readFileSync(join(...parts), "utf8");

// Our word for a drawing on the left, its name in the lucide package on the right.
const icons = {
  health: "activity", contact: "user-round", lead: "user-round-plus", account: "building-2",
  deal: "crown", event: "calendar", forecast: "chart-line", log: "arrow-left-right",
  settings: "sliders-horizontal", shield: "shield-check", search: "search", down: "chevron-down",
  menu: "menu", ok: "circle-check", clock: "clock", pause: "", resume: "play", plug: "plug",
  gauge: "gauge", wrench: "wrench", again: "rotate-cw", warning: "triangle-alert", cross: "x",
  check: "check", info: "info", lock: "lock", edit: "pencil", out: "external-link",
  download: "download", link: "link", unlink: "unlink", task: "clipboard-check", email: "mail",
  call: "phone", chat: "message-square", note: "file-text", right: "arrow-right", left: "arrow-left",
  both: "move-horizontal", stream: "", key: "key", members: "users", plus: "plus",
  custom: "box", "sign-out": "log-out",
};

// Drawn by us where the package's drawing says it less plainly at 14 px.
const drawings = {
  pause: '<path d="M9 5v14M15 5v14"/>',
  stream: '<path d="M3 9c2.5-2 4.5-2 7 0s4.5 2 7 0 3-2 4-2M3 16c2.5-2 4.5-2 7 0s4.5 2 7 0 3-2 4-2"/>',
};

function sprite() {
  const symbols = Object.entries(icons).map(([name, file]) => {
    if (drawings[name]) return `<symbol id="${name}" viewBox="0 0 24 24">${drawings[name]}</symbol>`;
    const svg = read(modules, "lucide-static/icons", `${file}.svg`);
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  return `<!-- Lucide icons, ISC License, see licenses.txt --><svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

// The Lightning base is cut down to the classes that our templates name and put
// into a cascade layer: whatever our own sheets say wins without a fight over
// specificity.
async function lightning() {
  const content = readdirSync(join(root, "views")).filter((f) => /\.(templ|go)$/.test(f) && !/_(templ|test)\.go$/.test(f));
  const [{ css }] = await new PurgeCSS().purge({
    content: content.map((f) => join(root, "views", f)),
    css: [join(modules, "@salesforce-ux/design-system/assets/styles/salesforce-lightning-design-system.min.css")],
    variables: true, keyframes: true, fontFace: true,
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_:/-]+/g) || [],
  });
  return css.replace(/@charset [^;]+;/g, "");
}

const sheets = ["tokens", "base", "shell", "components", "tables", "forms", "pages", "phone"];

async function style() {
  const own = sheets.map((name) => read(src, `${name}.css`)).join("\n");
  const code = Buffer.from(`@layer slds{${await lightning()}}\n${own}`);
  const notice = "/*! Based on Salesforce Lightning Design System, BSD-3-Clause, see licenses.txt */\n";
  return notice + transform({ filename: "app.css", code, minify: true }).code.toString();
}

function licenses() {
  const from = {
    "Salesforce Lightning Design System (styles only)": "@salesforce-ux/design-system/scss/License-for-Sass.txt",
    "htmx": "htmx.org/LICENSE",
    "Lucide icons": "lucide-static/LICENSE",
    "free-email-domains (list of public e-mail domains)": "free-email-domains/LICENSE.md",
  };
  return Object.entries(from)
    .map(([title, file]) => `${title}\n${"=".repeat(title.length)}\n${read(modules, file)}`)
    .join("\n\n");
}

// htmx and its stream extension travel with our own script in one file: three
// requests become one, and they always change together.
function script() {
  return [
    read(modules, "htmx.org/dist/htmx.min.js"),
    read(modules, "htmx.org/dist/ext/hx-sse.min.js"),
    read(src, "app.js"),
  ].map((code) => code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "")).join("\n;\n");
}

// Public mail providers that the maintained list lacks.
const alsoPublic = ["hey.com", "mozmail.com", "privaterelay.appleid.com", "tuta.com", "tutanota.com"];

// One domain a line, sorted by bytes, so that the program can search it as it is.
function publicDomains() {
  const listed = JSON.parse(read(modules, "free-email-domains/domains.json"));
  const all = new Set([...listed, ...alsoPublic].map((d) => d.trim().toLowerCase()).filter(Boolean));
  return [...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join("\n") + "\n";
}

const types = {
  css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml", txt: "text/plain; charset=utf-8",
};

function emit(manifest, name, text) {
  const body = Buffer.from(text);
  const dot = name.lastIndexOf(".");
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
  const file = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
  const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const gz = gzipSync(body, { level: 9 });
  writeFileSync(join(dist, file), body);
  writeFileSync(join(dist, `${file}.br`), br);
  writeFileSync(join(dist, `${file}.gz`), gz);
  manifest[name] = { file, type: types[name.slice(dot + 1)] };
  console.log(`${name.padEnd(14)} ${String(body.length).padStart(7)} B  gz ${gz.length}  br ${br.length}`);
}

async function build() {
  if (!existsSync(modules)) throw new Error("node_modules is missing: run `npm ci` first");
  mkdirSync(dist, { recursive: true });
  for (const f of readdirSync(dist)) if (f !== ".gitkeep") rmSync(join(dist, f), { recursive: true });
  const manifest = {};
  emit(manifest, "app.css", await style());
  emit(manifest, "app.js", script());
  emit(manifest, "icons.svg", sprite());
  emit(manifest, "mark.svg", read(src, "mark.svg"));
  emit(manifest, "licenses.txt", licenses());
  emit(manifest, "public-domains.txt", publicDomains());
  writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

await build();
