import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type GuardedProcess, startGuardedProcess } from "../servers/guarded-process.ts";
import type { Watchdog } from "../servers/watchdog.ts";
import type { PlannedProcess } from "./plan.ts";

const readyTimeoutMs = 30_000;
const logTailLines = 5;

/** A running process of the deployment, on an address that it keeps over restarts. */
export interface ClusterProcess {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** Its log on disk. */
  readonly logFile: string;
  pid(): number;
  kill(signal: NodeJS.Signals): void;
  /** Stops it cleanly and waits until it is gone. */
  stop(): Promise<void>;
  /** Starts it again, after it ended or was stopped, and waits until it is ready. */
  start(): Promise<void>;
  restart(): Promise<void>;
}

export interface ClusterProcessOptions {
  readonly root: string;
  readonly planned: PlannedProcess;
  readonly address: string;
  readonly env: NodeJS.ProcessEnv;
  /** Holds the log. */
  readonly folder: string;
  readonly watchdog: Watchdog;
  /** Called when it ends without having been asked to. */
  readonly onDeath: (sentence: string) => void;
}

/** Starts the process and waits until it says that it is ready. */
export async function startClusterProcess(options: ClusterProcessOptions): Promise<ClusterProcess> {
  const { planned, address, folder } = options;
  const logFile = join(folder, `${planned.name}.log`);
  let running = await launch(options, logFile);
  let stopping = false;
  const watch = (watched: GuardedProcess) => {
    watched.ended.then((how) => {
      if (!stopping) options.onDeath(`${planned.name} (pid ${watched.pid}, ${address}) ${how}`);
    });
  };
  watch(running);
  const stop = async () => {
    stopping = true;
    await running.stop();
  };
  const start = async () => {
    running = await launch(options, logFile);
    stopping = false;
    watch(running);
  };
  return {
    name: planned.name,
    address,
    logFile,
    pid: () => running.pid,
    kill: (signal) => void running.child.kill(signal),
    stop,
    start,
    restart: async () => {
      await stop();
      await start();
    },
  };
}

async function launch(options: ClusterProcessOptions, logFile: string): Promise<GuardedProcess> {
  const { root, planned, address, env, watchdog } = options;
  const running = await startGuardedProcess({
    name: planned.name,
    program: process.execPath,
    parameters: ["apirouter.ts", planned.process, "--config", planned.config],
    cwd: root,
    env: { ...env, APIROUTER_LISTEN: address },
    watchdog,
    logFile,
  });
  const ready = Promise.withResolvers<"ready">();
  if (running.child.stdout) {
    createInterface({ input: running.child.stdout }).on("line", (line) => {
      if (/^ready\b/.test(line)) ready.resolve("ready");
    });
  }
  const late = AbortSignal.timeout(readyTimeoutMs);
  const timeout = new Promise<string>((resolve) => {
    late.onabort = () => resolve(`was not ready within ${readyTimeoutMs / 1000} s`);
  });
  const outcome = await Promise.race([ready.promise, running.ended, timeout]);
  if (outcome === "ready") return running;
  await running.stop();
  throw new Error(`${planned.name} ${outcome}:\n${tail(logFile)}`);
}

function tail(file: string): string {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8").trim().split("\n").slice(-logTailLines).join("\n");
}
