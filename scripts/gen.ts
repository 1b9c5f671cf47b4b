/**
 * `npm run gen`: brings `gen/`, every `methods.ts` and the skeletons of new methods up to what the
 * .proto files say. With `--check` it only tells whether they are.
 */
import { cpSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { differences } from "./gen/differences.ts";
import { GenerationError, generateInCopy } from "./gen/generate-in-copy.ts";

const root = dirname(import.meta.dirname);
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

try {
  const copy = generateInCopy(root);
  try {
    const paths = differences(copy, root);
    if (values.check) check(paths);
    else bringOver(paths, copy);
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
