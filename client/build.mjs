/* Builds the client: `node build.mjs OUTDIR` writes index.html and the hashed files it names into OUTDIR. */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const SOURCE = path.join(path.dirname(fileURLToPath(import.meta.url)), "src");
const BUDGET = 30_000; // bytes, gzipped, all of the first load
const EMBED_BUDGET = 2_000; // the same for what every page of Galaxy loads
const TARGET = ["chrome110", "firefox115", "safari16.4"];
const HASHED = /^(app|later|part)-[A-Z0-9]{8}\.(js|css)$/;

async function bundle(outdir) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: path.dirname(SOURCE),
    // The later part's style is not imported by its script: esbuild would put it into the first load's.
    entryPoints: { app: path.join(SOURCE, "main.ts"), later: path.join(SOURCE, "ui", "later", "later.css") },
    outdir,
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    bundle: true,
    splitting: true,
    metafile: true,
    minify: true,
    format: "esm",
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    inject: [path.join(SOURCE, "jsx.ts")],
    // How it is checked has no say in how it is built, but for fields that are only declared.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    write: false,
  });
  const first = firstLoad(metafile);
  return outputFiles.map((file) => {
    const name = path.basename(file.path);
    return { name, contents: Buffer.from(file.contents), isFirst: first.has(name) };
  });
}

/** One classic script, its style within: other pages name it, so there is no hash in its name. */
async function embedding() {
  const { outputFiles } = await build({
    entryPoints: [path.join(SOURCE, "embed", "embed.ts")],
    bundle: true,
    minify: true,
    format: "iife",
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    plugins: [{ name: "style as text", setup: ({ onLoad }) => onLoad({ filter: /\.css$/ }, styleAsText) }],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    write: false,
  });
  const page = await readFile(path.join(SOURCE, "embed", "embed.html"));
  return [
    { name: "embed.js", contents: Buffer.from(outputFiles[0].contents) },
    { name: "embed.html", contents: page },
  ];
}

async function styleAsText({ path: file }) {
  const { code } = await transform(await readFile(file, "utf8"), { loader: "css", minify: true, target: TARGET });
  return { contents: code.trim(), loader: "text" };
}

/** The entry point with what it imports at once; what it imports later is loaded when it is wanted. */
function firstLoad({ outputs }) {
  const named = new Map(Object.entries(outputs).map(([file, output]) => [path.basename(file), output]));
  const first = new Set();
  const add = (name) => {
    if (first.has(name)) return;
    first.add(name);
    for (const { path: file, kind } of named.get(name).imports) if (kind === "import-statement") add(path.basename(file));
  };
  for (const [name, { entryPoint, cssBundle }] of named) {
    if (entryPoint?.endsWith("main.ts")) [name, path.basename(cssBundle)].forEach(add);
  }
  return first;
}

async function page(files) {
  const template = await readFile(path.join(SOURCE, "index.html"), "utf8");
  const first = files.filter(({ isFirst }) => isFirst).map(({ name }) => name);
  const named = (pattern) => first.filter((name) => pattern.test(name));
  const preload = named(/^part-/).map((name) => `<link rel="modulepreload" href="static/${name}">`).join("\n");
  const html = template
    .replace("{script}", named(/^app-.*\.js$/)[0])
    .replace("{style}", named(/^app-.*\.css$/)[0])
    .replace("{later}", files.find(({ name }) => /^later-.*\.css$/.test(name)).name)
    .replace("{preload}", preload);
  return { name: "index.html", contents: Buffer.from(html), isFirst: true };
}

/** Whoever holds an old page reloads it; an old file beside the new ones would only grow the package. */
async function removeStale(outdir, files) {
  const current = new Set(files.map((file) => file.name));
  for (const name of await readdir(outdir)) {
    if (HASHED.test(name) && !current.has(name)) await rm(path.join(outdir, name));
  }
}

function packed(files) {
  return files.reduce((total, { contents }) => total + gzipSync(contents, { level: 9 }).length, 0);
}

function report(files, note) {
  for (const file of files) process.stdout.write(`${String(packed([file])).padStart(7)}  ${file.name}${note(file)}\n`);
}

/** Says how large it is, and ends the build where that is too much. */
function hold(files, budget, what) {
  const total = packed(files);
  process.stdout.write(`${String(total).padStart(7)}  ${what}, gzipped, of ${budget}\n`);
  if (total <= budget) return;
  process.stderr.write(`${what} is over its budget.\n`);
  process.exit(1);
}

const [outdir] = process.argv.slice(2);
if (!outdir) {
  process.stderr.write("usage: node build.mjs OUTDIR\n");
  process.exit(2);
}
const assets = await bundle(path.resolve(outdir));
const files = [...assets, await page(assets)];
const embed = await embedding();
await mkdir(outdir, { recursive: true });
await removeStale(outdir, files);
for (const { name, contents } of [...files, ...embed]) await writeFile(path.join(outdir, name), contents);
report(files, ({ isFirst }) => (isFirst ? "" : " (when wanted)"));
report(embed, () => " (in Galaxy's pages)");
hold(files.filter(({ isFirst }) => isFirst), BUDGET, "The first load");
hold(embed.slice(0, 1), EMBED_BUDGET, "embed.js");
