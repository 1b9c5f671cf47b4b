/**
 * `node scripts/run.mjs [--dev] <file.ts | tool> [arguments]`: runs one of the project's programs
 * on a fresh clone. It first sees to what the program needs: a Node that `engines` in package.json
 * accepts, and the dependencies of package-lock.json (with `--dev` also the development ones).
 * With all of that in place it does no more than compare two files and import the program.
 *
 * Plain JavaScript, since the Node it starts on may be too old for TypeScript.
 */
import module from "node:module";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dependenciesAreInPlace, installDependencies } from "./setup/dependencies.mjs";
import { SetupError } from "./setup/error.mjs";
import { findNode, installNode, isNewEnough } from "./setup/node.mjs";
import { runToEnd } from "./setup/run-to-end.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exit(1);
}

/** @param {string[]} parameters */
async function main(parameters) {
  if (!isNewEnough(root, process.versions.node)) {
    const node = findNode(root) ?? (await installNode(root));
    process.exit(await runToEnd(node, [fileURLToPath(import.meta.url), ...parameters]));
  }
  const dev = parameters[0] === "--dev";
  const [target, ...rest] = dev ? parameters.slice(1) : parameters;
  if (!target) throw new SetupError("usage: node scripts/run.mjs [--dev] <file.ts | tool> [...]");
  if (!dependenciesAreInPlace(root, { dev })) await installDependencies(root, { dev });

  // What the program starts by name finds the same Node and the project's own tools.
  const folders = [dirname(process.execPath), join(root, "node_modules", ".bin")];
  process.env.PATH = [...folders, process.env.PATH ?? ""].join(delimiter);
  // Not Node's default place in the shared temporary folder, where others could plant code.
  module.enableCompileCache(join(root, "node_modules", ".cache", "node"));

  const program = join(root, target.endsWith(".ts") ? target : `node_modules/.bin/${target}`);
  process.argv = [process.execPath, program, ...rest];
  await import(pathToFileURL(program).href);
}
