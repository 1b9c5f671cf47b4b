import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import OpenAI from "openai";
import { stringify } from "yaml";
import { IssuedApiKey } from "../../api/types/apikeys.ts";
import type { PermissionsChange } from "../../api/types/permissions.ts";
import {
  type Cluster,
  type ClusterOptions,
  startCluster,
} from "../../scripts/cluster/start-cluster.ts";
import { etcdProgram } from "../../scripts/servers/etcd.ts";
import { findProgram } from "../../scripts/servers/find-or-install.ts";
import { startGuardedProcess } from "../../scripts/servers/guarded-process.ts";
import { postgresProgram } from "../../scripts/servers/postgres.ts";
import { redisProgram } from "../../scripts/servers/redis.ts";
import { temporaryFolder } from "../../scripts/servers/server-set.ts";
import { startWatchdog } from "../../scripts/servers/watchdog.ts";
import type { LogLine } from "./edge.ts";
import { ok, type People, registerPeople, type SignedIn } from "./management.ts";
import { startUpstream, type TestUpstream } from "./upstream.ts";

export interface IssuedKey {
  readonly id: string;
  readonly secret: string;
  /** Whose it is. */
  readonly person: SignedIn;
}

export interface KeyOptions {
  /** Whose; the owner's when left out. */
  readonly person?: SignedIn;
  readonly permissions?: PermissionsChange;
  readonly expires_at?: string;
}

/** A whole API Router, as processes of its own before a scripted upstream. */
export interface Deployment extends People {
  readonly name: string;
  /** Base URLs of its gateways. */
  readonly urls: readonly string[];
  readonly upstream: TestUpstream;
  /** The gateways one after the other: what holds, holds whichever is asked. */
  nextUrl(): string;
  issue(options?: KeyOptions): Promise<IssuedKey>;
  /** Sends a chat request as JSON, to the gateway at `url` or to the next one. */
  chat(secret: string, body?: object, init?: RequestInit & { url?: string }): Promise<Response>;
  client(secret: string, path?: string): OpenAI;
  /** What its processes have logged so far, of all or of those whose lines hold a text. */
  logLines(text?: string): LogLine[];
  stop(): Promise<void>;
}

/** The models that the channel to the scripted upstream serves. */
export const models = ["gpt-test", "gpt-test-mini", "meta-llama/Llama-3"];

/** How long the loser of a race between two refreshes gets what the winner got. */
export const refreshGraceMs = 1_000;

/** The configuration that both deployments run with: short waits, open doors. */
const settingsFor = (upstream: TestUpstream) => ({
  gateway: {
    limits: { stalledReaderTimeoutMs: 500 },
    drainAcceptMs: 500,
    drainStreamsMs: 2_000,
  },
  user: { registration: "open", hashing: { bcryptCost: 4 }, refreshGraceMs },
  apikey: { keysPerUserMax: 10_000 },
  model: {
    models: [{ id: "declared/in-config", displayName: "Declared" }],
    channels: [
      {
        name: "scripted",
        provider: "openai",
        baseUrl: upstream.baseUrl,
        credential: "upstream-credential",
        modelSource: "list",
        models,
        allowPrivateNetwork: true,
      },
    ],
  },
});

const rpcServer = { drainTimeoutMs: 2_000 };
/** Often enough for a ping to fall into every drain. */
const rpcClient = { keepaliveIntervalMs: 1_000 };

/** What a person gets from `npm start`. */
export async function startAllInOneDeployment(): Promise<Deployment> {
  const watchdog = startWatchdog();
  const folder = temporaryFolder(watchdog);
  const upstream = await startUpstream();
  const logFile = join(folder, "apirouter.log");
  const config = join(folder, "apirouter.yaml");
  writeFileSync(config, stringify(settingsFor(upstream)));
  const running = await startGuardedProcess({
    name: "apirouter",
    program: process.execPath,
    parameters: [
      "apirouter.ts",
      ...["--config", config, "--data", join(folder, "data"), "--port", "0"],
    ],
    cwd: dirname(dirname(import.meta.dirname)),
    watchdog,
    logFile,
  });
  const ready = Promise.withResolvers<string>();
  createInterface({ input: running.child.stdout ?? process.stdin }).on("line", (line) => {
    const [, url] = /^ready (http\S+)$/.exec(line) ?? [];
    if (url) ready.resolve(url);
  });
  const died = running.ended.then((end): never => {
    throw new Error(`apirouter ${end}:\n${readFileSync(logFile, "utf8")}`);
  });
  const stop = async () => {
    await running.stop();
    await upstream.close();
  };
  const url = await Promise.race([ready.promise, died]).catch(async (error) => {
    await stop();
    throw error;
  });
  died.catch(() => {});
  return deploymentOf({ name: "all in one", urls: [url], upstream, logFiles: [logFile], stop });
}

const clusterPrograms = [etcdProgram, postgresProgram, redisProgram];

/** Test options that skip, visibly, where a cluster's servers are missing. */
export const needsCluster: { skip: string | false } = {
  skip: clusterPrograms.every(findProgram) ? false : "etcd, PostgreSQL or Redis is missing here",
};

export type ClusterDeployment = Deployment & { readonly cluster: Cluster };

/** What a person gets from `npm run cluster`. */
export async function startClusterDeployment(
  options: Pick<ClusterOptions, "replicas"> = {},
): Promise<ClusterDeployment> {
  const upstream = await startUpstream();
  const { gateway, user, apikey, model } = settingsFor(upstream);
  const settings = {
    gateway: { rpcClient, gateway },
    user: { rpcServer, user },
    apikey: { rpcServer, apikey },
    model: { rpcServer, rpcClient, model },
    openai: { rpcServer, rpcClient },
  };
  const cluster = await startCluster({ ...options, settings }).catch(async (error) => {
    await upstream.close();
    throw error;
  });
  const deployment = await deploymentOf({
    name: "cluster",
    urls: cluster.urls,
    upstream,
    logFiles: cluster.processes.map(({ logFile }) => logFile),
    stop: async () => {
      await cluster.stop();
      await upstream.close();
    },
  });
  return { ...deployment, cluster };
}

interface Place {
  readonly name: string;
  readonly urls: readonly string[];
  readonly upstream: TestUpstream;
  readonly logFiles: readonly string[];
  stop(): Promise<void>;
}

async function deploymentOf({ logFiles, ...place }: Place): Promise<Deployment> {
  let asked = 0;
  const nextUrl = () => place.urls[asked++ % place.urls.length] ?? "";
  const people = await registerPeople(nextUrl).catch(async (error) => {
    await place.stop();
    throw error;
  });
  return {
    ...place,
    ...people,
    nextUrl,
    async issue({ person = people.owner, ...key } = {}) {
      const issued = await person.post("/api/v1/apikeys", { name: "a key", ...key });
      const { id, key: secret } = ok(issued, IssuedApiKey, 201);
      return { id, secret, person };
    },
    chat: (secret, body = {}, { url = nextUrl(), ...init } = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "gpt-test", messages: [], ...body }),
        ...init,
      }),
    client: (secret, path = "/v1") =>
      new OpenAI({ apiKey: secret, baseURL: nextUrl() + path, maxRetries: 0 }),
    logLines: (text = "") =>
      logFiles
        .flatMap((file) => readFileSync(file, "utf8").split("\n"))
        .filter((line) => line.startsWith("{") && line.includes(text))
        .map((line) => JSON.parse(line)),
  };
}
