import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";
import { startGuardedProcess } from "../../scripts/servers/guarded-process.ts";
import { temporaryFolder } from "../../scripts/servers/server-set.ts";
import { startWatchdog } from "../../scripts/servers/watchdog.ts";
import { startUpstream } from "../support/upstream.ts";
import { Canaries } from "./canaries.ts";

export type Scene = Awaited<ReturnType<typeof startScene>>;

export interface Asked {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Canaries that this very answer is there to hand out. */
  readonly handsOut?: readonly string[];
}

/** A real process that logs everything it ever logs, and a scripted provider behind it. */
export async function startScene() {
  const canaries = new Canaries();
  const watchdog = startWatchdog();
  const folder = temporaryFolder(watchdog);
  const upstream = await startUpstream();
  const logFile = join(folder, "log");
  const config = join(folder, "apirouter.yaml");
  writeFileSync(config, stringify(settings(upstream.baseUrl, canaries)));
  const running = await startGuardedProcess({
    name: "apirouter",
    program: process.execPath,
    parameters: ["apirouter.ts", "--config", config, "--data", join(folder, "data"), "--port", "0"],
    cwd: dirname(dirname(import.meta.dirname)),
    env: { ...process.env, CANARY_CREDENTIAL: canaries.plant("a credential in the environment") },
    watchdog,
    logFile,
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: running.child.stdout ?? process.stdin }).on("line", (line) => {
      const [, found] = /^ready (http\S+)$/.exec(line) ?? [];
      if (found) resolve(found);
    });
    running.ended.then((end) => reject(new Error(`${end}: ${readFileSync(logFile, "utf8")}`)));
  });
  const failures: string[] = [];
  /** Every answer passes here, and is searched. */
  const ask = async (method: string, path: string, asked: Asked = {}) => {
    const { token, body, headers = {}, handsOut = [] } = asked;
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const whole = Buffer.from(JSON.stringify([...response.headers]) + text);
    const found = canaries.foundIn(whole, (name) => handsOut.includes(name));
    for (const name of found) failures.push(`${method} ${path} answered ${name}`);
    return { status: response.status, text };
  };
  /** The data of a management answer. */
  const data = async (method: string, path: string, asked: Asked = {}) => {
    const { status, text } = await ask(method, path, asked);
    assert.ok(status < 300, `${method} ${path}: ${status} ${text}`);
    const parsed: { data: Record<string, string> } = JSON.parse(text);
    return parsed.data;
  };
  return {
    ...{ canaries, upstream, url, ask, data, failures, folder, pid: running.pid },
    dataFolder: join(folder, "data"),
    log: () => readFileSync(logFile),
    async stop() {
      await running.stop();
      await upstream.close();
    },
  };
}

const settings = (baseUrl: string, canaries: Canaries) => {
  const channel = { provider: "openai", allowPrivateNetwork: true, modelSource: "list" };
  return {
    log: { level: "trace", format: "json" },
    gateway: { drainAcceptMs: 0, drainStreamsMs: 0 },
    user: { registration: "invite", hashing: { bcryptCost: 4 } },
    model: {
      channels: [
        {
          ...channel,
          ...{ name: "from-file", baseUrl, models: ["from-file"] },
          credential: canaries.plant("a credential in the configuration"),
        },
        {
          ...channel,
          ...{ name: "from-environment", baseUrl, models: ["from-environment"] },
          credential: "${CANARY_CREDENTIAL}",
        },
        {
          ...channel,
          ...{ name: "down", baseUrl: "http://127.0.0.1:9/v1", models: ["down"] },
          credential: canaries.plant("a credential for nobody"),
        },
      ],
    },
  };
};
