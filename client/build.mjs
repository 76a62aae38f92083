/* Builds the client: `node build.mjs OUTDIR` writes index.html and the hashed files it names into OUTDIR. */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const SOURCE = path.join(path.dirname(fileURLToPath(import.meta.url)), "src");
const BUDGET = 30_000; // bytes, gzipped, all of the first load
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
    target: ["chrome110", "firefox115", "safari16"],
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

function report(files) {
  let total = 0;
  for (const { name, contents, isFirst } of files) {
    const size = gzipSync(contents, { level: 9 }).length;
    if (isFirst) total += size;
    process.stdout.write(`${String(size).padStart(7)}  ${name}${isFirst ? "" : " (when wanted)"}\n`);
  }
  process.stdout.write(`${String(total).padStart(7)}  gzipped at first, of ${BUDGET}\n`);
  return total;
}

const [outdir] = process.argv.slice(2);
if (!outdir) {
  process.stderr.write("usage: node build.mjs OUTDIR\n");
  process.exit(2);
}
const assets = await bundle(path.resolve(outdir));
const files = [...assets, await page(assets)];
await mkdir(outdir, { recursive: true });
await removeStale(outdir, files);
for (const { name, contents } of files) await writeFile(path.join(outdir, name), contents);
if (report(files) > BUDGET) {
  process.stderr.write("The first load is over its budget.\n");
  process.exit(1);
}
