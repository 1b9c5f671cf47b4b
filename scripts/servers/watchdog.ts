import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Sees to it that nothing outlives this process, however it ends. */
export interface Watchdog {
  /** Watches over the process group that `pid` leads; `signal` is the one that stops it cleanly. */
  guard(pid: number, signal: NodeJS.Signals): void;
  /** Ends the guard of a group that has ended: its number may be given to another process. */
  release(pid: number): void;
  /** Removes the folder when everything is over. */
  removeAtEnd(folder: string): void;
}

/**
 * Starts a small process of its own session that holds the other end of a pipe. The system closes
 * the pipe when this process ends, also by SIGKILL; then the watchdog stops what is left.
 */
export function startWatchdog(): Watchdog {
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve("./watchdog-main.ts"))],
    {
      detached: true,
      stdio: ["pipe", "ignore", "inherit"],
    },
  );
  child.unref();
  const pipe = child.stdin;
  // The pipe alone must not keep the process alive; a watchdog that was killed must not end it.
  if ("unref" in pipe && typeof pipe.unref === "function") pipe.unref();
  pipe.on("error", () => undefined);
  const tell = (...words: unknown[]) => void pipe.write(`${JSON.stringify(words)}\n`);
  return {
    guard: (pid, signal) => tell("guard", pid, signal),
    release: (pid) => tell("release", pid),
    removeAtEnd: (folder) => tell("remove", folder),
  };
}
