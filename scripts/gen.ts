/**
 * `npm run gen`: brings `gen/`, every `methods.ts` and the skeletons of new methods up to what the
 * .proto files say, and docs/configuration.md up to what the configuration schemas say. With
 * `--check` it only tells whether they are.
 */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { differences } from "./gen/differences.ts";
import { GenerationError, generateInCopy } from "./gen/generate-in-copy.ts";

const root = dirname(import.meta.dirname);
const pagePath = "docs/configuration.md";
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

try {
  const copy = generateInCopy(root);
  try {
    const paths = differences(copy, root);
    if (!values.check) bringOver(paths, copy);
    const page = await freshPage();
    if (values.check) check(page === undefined ? paths : [...paths, pagePath]);
    else if (page !== undefined) write(pagePath, page);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
} catch (error) {
  if (!(error instanceof GenerationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function check(paths: readonly string[]): void {
  if (paths.length === 0) return;
  console.error(`not what the .proto files give; run \`npm run gen\`:\n  ${paths.join("\n  ")}`);
  process.exitCode = 1;
}

function bringOver(paths: readonly string[], copy: string): void {
  for (const path of paths) {
    // What the protos no longer give goes away.
    rmSync(join(root, path), { force: true });
    if (existsSync(join(copy, path))) cpSync(join(copy, path), join(root, path));
    console.log(path);
  }
}

/** The page of all configuration keys, unless the one that is there says the same. */
async function freshPage(): Promise<string | undefined> {
  // Only now, as the schemas may stand on code that has just been generated.
  const { configurationPage } = await import("./config-docs.ts");
  const page = configurationPage();
  const path = join(root, pagePath);
  return existsSync(path) && readFileSync(path, "utf8") === page ? undefined : page;
}

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
  console.log(path);
}
