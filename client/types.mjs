/* The wire's types, made from the server's JSON Schema: `node types.mjs` writes them, `--check` fails when they are stale. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const SCHEMA = fileURLToPath(new URL("../docs/protocol/schema.json", import.meta.url));
const TARGET = fileURLToPath(new URL("src/wire/generated.ts", import.meta.url));

/** The compiler knows tuples by their older spelling only. */
function withOlderTuples(node) {
  if (Array.isArray(node)) return node.map(withOlderTuples);
  if (node === null || typeof node !== "object") return node;
  const { prefixItems, items, const: constant, ...rest } = node;
  const out = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withOlderTuples(value)]));
  if (constant !== undefined) out.enum = [constant];
  if (prefixItems) return { ...out, items: withOlderTuples(prefixItems), additionalItems: withOlderTuples(items) ?? false };
  return items ? { ...out, items: withOlderTuples(items) } : out;
}

function prepared(schema) {
  return withOlderTuples({ title: "Wire", anyOf: schema.anyOf, $defs: schema.$defs });
}

async function generate() {
  const schema = JSON.parse(await readFile(SCHEMA, "utf8"));
  return compile(prepared(schema), "Wire", {
    additionalProperties: false,
    bannerComment: "/* Made from docs/protocol/schema.json by `npm run types`; do not edit. */",
    unreachableDefinitions: true,
    style: { printWidth: 110 },
  });
}

const text = await generate();
if (process.argv.includes("--check")) {
  if ((await readFile(TARGET, "utf8")) !== text) {
    process.stderr.write("src/wire/generated.ts is stale: run `npm run types` and commit what it writes.\n");
    process.exit(1);
  }
} else {
  await writeFile(TARGET, text);
}
