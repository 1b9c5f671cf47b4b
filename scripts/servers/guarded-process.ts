import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Watchdog } from "./watchdog.ts";

/** More than a draining process allows its calls in flight. */
const stopTimeoutMs = 45_000;

/** A program that is stopped with us; it leads a process group, so that its children are too. */
export interface GuardedProcess {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves when it has ended, with what to say about it. */
  readonly ended: Promise<string>;
  /** Asks it to stop, kills it when it does not, and waits until it is gone. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly program: string;
  readonly parameters: readonly string[];
  readonly watchdog: Watchdog;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Runs as this user, when we may choose. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Stops it cleanly. */
  readonly signal?: NodeJS.Signals;
  /** Where its output goes; in its absence standard output and error are pipes for the caller. */
  readonly logFile?: string;
}

export async function startGuardedProcess(options: ProcessOptions): Promise<GuardedProcess> {
  const { name, watchdog, signal = "SIGTERM", logFile } = options;
  const child = spawn(options.program, options.parameters, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    ...options.user,
  });
  if (child.pid === undefined) {
    const [error] = await once(child, "error");
    throw new Error(`${name} could not be started: ${error.message}`);
  }
  const { pid } = child;
  watchdog.guard(pid, signal);
  if (logFile) {
    const log = createWriteStream(logFile, { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once("close", () => log.end());
  }
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, killedBy) => {
      watchdog.release(pid);
      resolve(killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code}`);
    });
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const timer = setTimeout(() => killGroup(pid), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
    killGroup(pid);
  };
  return { name, pid, child, ended, stop };
}

/** Whatever is left of the group, such as a child that its parent did not wait for. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left.
  }
}
