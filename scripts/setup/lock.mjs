import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { SetupError } from "./error.mjs";

const pollMs = 100;

/**
 * Runs `work` while no other start of this clone is setting up: the first of several concurrent
 * starts installs, the others wait for it.
 *
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(root, work) {
  const folder = join(root, ".node");
  const lock = join(folder, "setup.lock");
  try {
    mkdirSync(folder, { recursive: true });
    while (!take(lock)) {
      const holder = read(lock);
      if (holder === undefined || isAlive(holder)) await setTimeout(pollMs);
      else removeStale(lock, holder);
    }
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new SetupError(
      `Something has to be installed, but ${folder} is not writable: ${message}`,
    );
  }
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** @param {string} lock */
function take(lock) {
  // Linking makes the lock appear with its content; creating and writing it would be two steps.
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {string} lock @param {number} holder */
function removeStale(lock, holder) {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
    // Another start may have replaced the dead holder's lock since we read it: give it back.
    if (read(aside) !== holder) linkSync(aside, lock);
  } catch {
    // Another start was faster; the next attempt sees how things stand.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} lock */
function read(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
