import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createEtcd, type Etcd } from "../../common/etcd/etcd.ts";
import { EtcdConfig } from "../../common/etcd/etcd-config.ts";
import { currentRevision } from "../../common/etcd/kv.ts";
import type { TlsConfig } from "../../common/rpc/tls.ts";
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
export async function startEtcd(t: TestContext, tls?: TlsConfig): Promise<EtcdProcess> {
  const [etcd] = await startMembers(t, { count: 1, tls });
  if (!etcd) throw new Error("there is no member");
  return etcd;
}

/** Starts a cluster of three that ends with the test; the first one leads it at that time. */
export async function startEtcdCluster(t: TestContext): Promise<readonly EtcdProcess[]> {
  const members = await startMembers(t, { count: 3 });
  const leads = await Promise.all(members.map(({ endpoint }) => isLeader(endpoint)));
  return members.toSorted((one, other) => rank(one) - rank(other));
  function rank(member: EtcdProcess): number {
    return leads[members.indexOf(member)] ? 0 : 1;
  }
}

async function startMembers(
  t: TestContext,
  { count, tls }: { count: number; tls?: TlsConfig },
): Promise<readonly EtcdProcess[]> {
  const places = await Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      name: `member-${index + 1}`,
      endpoint: `127.0.0.1:${await freePort()}`,
      peer: `http://127.0.0.1:${await freePort()}`,
    })),
  );
  const initialCluster = places.map(({ name, peer }) => `${name}=${peer}`).join();
  const members = places.map((place) => createMember(t, { ...place, initialCluster, tls }));
  await Promise.all(members.map((member) => member.start()));
  return members;
}

interface MemberPlace {
  readonly name: string;
  readonly endpoint: string;
  readonly peer: string;
  readonly initialCluster: string;
  /** Asked of clients, too. */
  readonly tls: TlsConfig;
}

function createMember(t: TestContext, place: MemberPlace): EtcdProcess {
  const { name, endpoint, peer, initialCluster, tls } = place;
  const url = `${tls ? "https" : "http"}://${endpoint}`;
  const folder = mkdtempSync(join(tmpdir(), "apirouter-etcd-"));
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  t.after(async () => {
    await end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    endpoint,
    async start() {
      child = spawn(
        binary,
        [
          ...["--name", name, "--data-dir", join(folder, "data"), "--log-level", "error"],
          ...["--listen-client-urls", url, "--advertise-client-urls", url],
          ...(tls ? ["--cert-file", tls.certFile, "--key-file", tls.keyFile] : []),
          ...(tls ? ["--trusted-ca-file", tls.caFile, "--client-cert-auth"] : []),
          ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
          ...["--initial-cluster", initialCluster],
        ],
        { stdio: "ignore" },
      );
      await untilItAnswers(endpoint, tls);
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    loseData: () => rmSync(join(folder, "data"), { recursive: true }),
  };
}

const MemberStatus = z.object({ leader: z.string(), header: z.object({ member_id: z.string() }) });

async function isLeader(endpoint: string): Promise<boolean> {
  const url = `http://${endpoint}/v3/maintenance/status`;
  const response = await fetch(url, { method: "POST", body: "{}" });
  const { leader, header } = MemberStatus.parse(await response.json());
  return leader === header.member_id;
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

async function untilItAnswers(endpoint: string, tls: TlsConfig): Promise<void> {
  const config = { endpoints: [endpoint], tls, reconnectDelayMsMax: 100 };
  const etcd = createEtcd(EtcdConfig.parse(config));
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
