import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { runNpm } from "./npm.mjs";

/**
 * True when node_modules holds what package-lock.json lists: npm keeps its own record of what it
 * installed there and writes that last, so a broken-off installation does not count.
 *
 * @param {string} root
 * @param {{ dev: boolean }} options
 */
export function dependenciesAreInPlace(root, { dev }) {
  const wanted = packagesIn(join(root, "package-lock.json"));
  const installed = packagesIn(join(root, "node_modules", ".package-lock.json"));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || (!dev && (entry.dev || entry.devOptional))) return true;
    const found = installed[path];
    // An optional package may be for another platform, and then rightly missing.
    return found ? found.integrity === entry.integrity : Boolean(entry.optional);
  });
}

/**
 * @param {string} root
 * @param {{ dev: boolean }} options
 */
export async function installDependencies(root, { dev }) {
  await withLock(root, async () => {
    if (dependenciesAreInPlace(root, { dev })) return;
    console.error("installing dependencies");
    // `npm ci` starts by emptying node_modules. Where only the development packages are missing, a
    // server may be running from that folder, so they are added to it.
    const completes = dev && dependenciesAreInPlace(root, { dev: false });
    const parameters = completes ? ["install", "--no-save"] : ["ci"];
    if (!dev) parameters.push("--omit=dev");
    await runNpm(parameters, { cwd: root, what: "The dependencies could not be installed" });
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { integrity?: string, dev?: boolean, devOptional?: boolean, optional?: boolean }> | undefined}
 */
function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
