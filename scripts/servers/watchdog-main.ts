/**
 * The process behind `startWatchdog`. Reads `["guard", pid, signal]`, `["release", pid]` and
 * `["remove", folder]`, one a line; at the end of its input it stops every guarded process group,
 * newest first, and removes the folders.
 */
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

const graceMs = 5_000;
const pollMs = 50;

const groups = new Map<number, NodeJS.Signals>();
const folders: string[] = [];

// A terminal's Ctrl-C or hang-up is for the others; the end of the input is what counts here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [what, value, signal] = JSON.parse(line);
  if (what === "guard") groups.set(value, signal);
  else if (what === "release") groups.delete(value);
  else folders.push(value);
}

const left = [...groups].reverse();
for (const [pid, signal] of left) signalGroup(pid, signal);
const deadline = Date.now() + graceMs;
while (left.some(([pid]) => signalGroup(pid, 0)) && Date.now() < deadline) await setTimeout(pollMs);
for (const [pid] of left) signalGroup(pid, "SIGKILL");
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
