import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { SetupError } from "./error.mjs";
import { withLock } from "./lock.mjs";
import { runNpm } from "./npm.mjs";

/** @param {string} root @param {string} version */
export const isNewEnough = (root, version) => compare(version, requiredVersion(root)) >= 0;

/**
 * The newest sufficient Node that an earlier start installed.
 *
 * @param {string} root
 * @returns {string | undefined} path of the executable
 */
export function findNode(root) {
  const folder = join(root, ".node");
  if (!existsSync(folder)) return undefined;
  const [newest] = readdirSync(folder)
    .filter((name) => /^v\d+\.\d+\.\d+$/.test(name) && isNewEnough(root, name.slice(1)))
    .sort((a, b) => compare(b.slice(1), a.slice(1)))
    .map((name) => executable(join(folder, name)));
  return newest && existsSync(newest) ? newest : undefined;
}

/**
 * Installs the Node that package.json asks for into `.node/`, from the npm registry, where it is a
 * package that runs no script.
 *
 * @param {string} root
 * @returns {Promise<string>} path of the executable
 */
export async function installNode(root) {
  const version = requiredVersion(root);
  return await withLock(root, async () => {
    const found = findNode(root);
    if (found) return found;
    console.error(
      `installing Node ${version} into .node (this machine has ${process.versions.node})`,
    );
    const fresh = join(root, ".node", `new-${process.pid}`);
    mkdirSync(fresh, { recursive: true });
    try {
      await runNpm(
        [
          "install",
          "--prefix",
          fresh,
          "--no-save",
          "--no-package-lock",
          `${packageName}@${version}`,
        ],
        { cwd: fresh, what: `Node ${version} could not be installed` },
      );
      check(executable(fresh), version);
      const folder = join(root, ".node", `v${version}`);
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder);
      return executable(folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });
}

const packageName = `node-${process.platform}-${process.arch}`;

/** @param {string} folder */
const executable = (folder) => join(folder, "node_modules", packageName, "bin", "node");

/** @param {string} node @param {string} version */
function check(node, version) {
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (stdout?.trim() === `v${version}`) return;
  throw new SetupError(
    `The package ${packageName} does not run here; please install Node ${version} or newer yourself.`,
  );
}

/** @param {string} root */
function requiredVersion(root) {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return engines.node.replace(/^>=/, "");
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const part of [0, 1, 2]) {
    if (left[part] !== right[part]) return left[part] - right[part];
  }
  return 0;
}
