/* Builds the client: `node build.mjs OUTDIR` writes index.html and the hashed files it names into OUTDIR. */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const SOURCE = path.join(path.dirname(fileURLToPath(import.meta.url)), "src");
const BUDGET = 30_000; // bytes, gzipped, all of the first load
const HASHED = /^app-[A-Z0-9]{8}\.(js|css)$/;

async function bundle(outdir) {
  const { outputFiles } = await build({
    absWorkingDir: path.dirname(SOURCE),
    entryPoints: { app: path.join(SOURCE, "main.tsx") },
    outdir,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome105", "firefox110", "safari15.4"],
    charset: "utf8",
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    tsconfigRaw: {}, // how it is checked has no say in how it is built
    write: false,
  });
  return outputFiles.map((file) => ({ name: path.basename(file.path), contents: Buffer.from(file.contents) }));
}

async function page(files) {
  const template = await readFile(path.join(SOURCE, "index.html"), "utf8");
  const named = (extension) => files.find((file) => file.name.endsWith(extension)).name;
  const html = template.replace("{script}", named(".js")).replace("{style}", named(".css"));
  return { name: "index.html", contents: Buffer.from(html) };
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
  for (const { name, contents } of files) {
    const size = gzipSync(contents, { level: 9 }).length;
    total += size;
    process.stdout.write(`${String(size).padStart(7)}  ${name}\n`);
  }
  process.stdout.write(`${String(total).padStart(7)}  gzipped, of ${BUDGET}\n`);
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
