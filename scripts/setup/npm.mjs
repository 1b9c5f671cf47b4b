import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { SetupError } from "./error.mjs";

/**
 * Runs npm under the Node that runs this, quietly; throws a `SetupError` with what npm said.
 *
 * @param {string[]} parameters
 * @param {{ cwd: string, what: string }} options `what` opens the message
 */
export async function runNpm(parameters, { cwd, what }) {
  const npm = findNpm();
  if (!npm) throw new SetupError(`${what}: npm was not found beside Node or in PATH.`);
  const quiet = [
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--ignore-scripts",
    "--loglevel=error",
  ];
  const child = spawn(process.execPath, [npm, ...parameters, ...quiet], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET/.test(output)) {
    throw new SetupError(`${what}: the npm registry cannot be reached; is there a network?`);
  }
  throw new SetupError(`${what}: npm ended with code ${code}.\n${output.trim()}`);
}

/** npm's own JavaScript, so that it can run under any Node. */
function findNpm() {
  const beside = dirname(dirname(process.execPath));
  const candidates = [
    process.env.npm_execpath,
    join(beside, "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    ...(process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm")),
  ];
  return candidates
    .filter((path) => path && existsSync(path))
    .map((path) => realpathSync(/** @type {string} */ (path)))
    .find((path) => path.endsWith("npm-cli.js"));
}
