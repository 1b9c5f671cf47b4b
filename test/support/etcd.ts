import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createEtcd, type Etcd } from "../../common/etcd/etcd.ts";
import { EtcdConfig } from "../../common/etcd/etcd-config.ts";
import { currentRevision } from "../../common/etcd/kv.ts";
import { freePort } from "./ports.ts";

const binary = process.env["TEST_ETCD_BINARY"] ?? "etcd";
const startTimeoutMs = 20_000;

/** Test options that skip, visibly, where etcd cannot be started. */
export const needsEtcdBinary = {
  skip:
    spawnSync(binary, ["--version"]).status === 0 ? false : "etcd is not available on this machine",
};

/** An etcd of the test's own, to be stopped, killed and started again on the same port and data. */
export interface EtcdProcess {
  /** `host:port` */
  readonly endpoint: string;
  start(): Promise<void>;
  /** Lets it end in its own way. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Stands still, with its connections open, until `resume`. */
  pause(): void;
  resume(): void;
  /** Removes all data of a stopped etcd. */
  loseData(): void;
}

/** Starts an etcd that ends with the test, and waits until it answers. */
export async function startEtcd(t: TestContext): Promise<EtcdProcess> {
  const folder = mkdtempSync(join(tmpdir(), "apirouter-etcd-"));
  const [port, peerPort] = [await freePort(), await freePort()];
  const endpoint = `127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  const etcd: EtcdProcess = {
    endpoint,
    async start() {
      child = spawn(
        binary,
        [
          ...["--data-dir", join(folder, "data"), "--log-level", "error"],
          ...["--listen-client-urls", `http://${endpoint}`],
          ...["--advertise-client-urls", `http://${endpoint}`],
          ...["--listen-peer-urls", `http://127.0.0.1:${peerPort}`],
          ...["--initial-advertise-peer-urls", `http://127.0.0.1:${peerPort}`],
          ...["--initial-cluster", `default=http://127.0.0.1:${peerPort}`],
        ],
        { stdio: "ignore" },
      );
      await untilItAnswers(endpoint);
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    loseData: () => rmSync(join(folder, "data"), { recursive: true }),
  };
  t.after(async () => {
    await end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  await etcd.start();
  return etcd;
}

/** A client that closes with the test and does not wait long for anything. */
export function testEtcd(t: TestContext, endpoint: string | readonly string[]): Etcd {
  const etcd = createEtcd(
    EtcdConfig.parse({
      endpoints: [endpoint].flat(),
      requestTimeoutMs: 2_000,
      reconnectDelayMsMin: 20,
      reconnectDelayMsMax: 200,
    }),
  );
  t.after(() => etcd.close());
  return etcd;
}

async function untilItAnswers(endpoint: string): Promise<void> {
  const etcd = createEtcd(EtcdConfig.parse({ endpoints: [endpoint], reconnectDelayMsMax: 100 }));
  const endMs = Date.now() + startTimeoutMs;
  try {
    for (;;) {
      try {
        await currentRevision(etcd);
        return;
      } catch (error) {
        // One that asks for a sign-in has answered.
        if (String(error).includes("user name is empty")) return;
        if (Date.now() > endMs) throw error;
        await sleep(20);
      }
    }
  } finally {
    etcd.close();
  }
}
