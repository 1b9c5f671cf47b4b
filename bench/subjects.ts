import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Pool } from "undici";
import { startCluster } from "../scripts/cluster/start-cluster.ts";

/** Something that answers chat requests, and the processes it consists of. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  readonly key: string;
  readonly pids: readonly number[];
}

export interface Subjects {
  /** `bench/upstream.ts`. Gives its origin. */
  startUpstream(...args: string[]): Promise<string>;
  startBare(upstream: string): Promise<Subject>;
  startAllInOne(upstream: string): Promise<Subject>;
  /** One process of each kind, so that what one request costs adds up. */
  startDistributed(upstream: string): Promise<Subject>;
  /** Ends all of them, as a signal would, so that profiles get written. */
  stop(): Promise<void>;
}

/** Starts what is measured. Product processes leave a `.cpuprofile` in `profileFolder`. */
export function createSubjects(profileFolder?: string): Subjects {
  const folder = mkdtempSync(join(tmpdir(), "apirouter-bench-"));
  const stops: (() => Promise<void>)[] = [];
  const environment =
    profileFolder === undefined
      ? {}
      : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` };

  const start = async (file: string, args: string[], env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, ...env },
    });
    stops.push(() => end(child));
    return { url: await readyUrl(child, file), pids: [child.pid ?? 0] };
  };

  return {
    startUpstream: async (...args) => (await start("bench/upstream.ts", args)).url,
    async startBare(upstream) {
      const started = await start("bench/bare-proxy.ts", [upstream]);
      return { name: "bare", key: "sk-bare", ...started };
    },
    async startAllInOne(upstream) {
      const config = join(folder, "bench.yaml");
      writeFileSync(config, JSON.stringify(settings(upstream)));
      const args = ["--port", "0", "--data", join(folder, "data"), "--config", config];
      const started = await start("apirouter.ts", args, environment);
      return { name: "all in one", key: await createKey(started.url), ...started };
    },
    async startDistributed(upstream) {
      const { user, model } = settings(upstream);
      const cluster = await startCluster({
        replicas: { openai: 1, gateway: 1 },
        settings: { user: { user }, model: { model } },
        environment,
      });
      stops.push(cluster.stop);
      const [url = ""] = cluster.urls;
      const pids = cluster.processes.map((each) => each.pid());
      return { name: "distributed", url, key: await createKey(url), pids };
    },
    async stop() {
      await Promise.all(stops.map((each) => each()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const settings = (upstream: string) => ({
  user: { registration: "open" },
  model: {
    channels: [
      {
        name: "bench",
        provider: "openai",
        baseUrl: `${upstream}/v1`,
        credential: "sk-bench",
        modelSource: "list",
        models: ["bench"],
        allowPrivateNetwork: true,
      },
    ],
  },
});

/** Registers an account and makes it an API key. */
async function createKey(url: string): Promise<string> {
  const post = async (path: string, body: object, token = "") => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}/api/v1${path}`, init);
    const answer = (await response.json()) as { data: Record<string, string> };
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer.data;
  };
  const account = { username: "bench", email: "bench@example.com", password: "bench password" };
  const session = await post("/auth/register", account);
  const key = await post("/apikeys", { name: "bench" }, session["access_token"]);
  return key["key"] ?? "";
}

/** Asks a subject with its key. */
export const chat = (pool: Pool, { key }: Pick<Subject, "key">, body: string) =>
  pool.request({
    method: "POST",
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body,
  });

/** User and system time of all threads, from Linux' accounting (10 ms ticks). */
export function cpuMicroseconds({ pids }: Subject): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

export function residentBytes({ pids }: Subject): number {
  return pids.reduce((sum, pid) => {
    const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
    return sum + Number(pages) * 4_096;
  }, 0);
}

/** The URL in the `ready <url>` line that each of our commands prints. */
async function readyUrl(child: ChildProcess, file: string): Promise<string> {
  if (!child.stdout) throw new Error("its output is not read");
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => Promise.reject(new Error(`${file} did not start`))),
  ]);
  return String(line).replace(/^ready /, "");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  await exited;
}
