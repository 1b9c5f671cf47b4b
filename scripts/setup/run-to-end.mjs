import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";

/**
 * Runs a program in this one's place: same terminal, same signals. Returns its exit code, or
 * 128 + the signal that ended it, as a shell does.
 *
 * @param {string} program
 * @param {string[]} parameters
 * @returns {Promise<number>}
 */
export function runToEnd(program, parameters) {
  const child = spawn(program, parameters, { stdio: "inherit" });
  // A terminal's Ctrl-C reaches the child by itself as well, as it also does under npm: the programs
  // take a repeated signal for the same one.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(signal ? 128 + constants.signals[signal] : (code ?? 1));
    });
  });
}
