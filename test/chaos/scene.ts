import assert from "node:assert/strict";
import { after, before } from "node:test";
import pg from "pg";
import { createEtcd, type Etcd } from "../../common/etcd/etcd.ts";
import { EtcdConfig } from "../../common/etcd/etcd-config.ts";
import { type Entry, getPrefix } from "../../common/etcd/kv.ts";
import type { ClusterProcess } from "../../scripts/cluster/cluster-process.ts";
import {
  type ClusterDeployment,
  type IssuedKey,
  startClusterDeployment,
} from "../support/deployment.ts";
import { answerLoad, type Load, type Sent, startLoad } from "../support/load.ts";
import { until } from "../support/until.ts";

/** A cluster with two replicas of everything, under load all the time. */
export interface Scene {
  readonly deployment: ClusterDeployment;
  readonly load: Load;
  readonly etcd: Etcd;
  process(name: string): ClusterProcess;
}

export const kinds = ["user", "apikey", "model", "openai", "gateway"] as const;

export function useScene(): () => Scene {
  const opened = new AsyncDisposableStack();
  let scene: Scene | undefined;
  before(async () => {
    const replicas = { user: 2, apikey: 2, model: 2, openai: 2, gateway: 2 };
    const deployment = await startClusterDeployment({ replicas });
    opened.defer(deployment.stop);
    deployment.upstream.play(answerLoad);
    const { cluster } = deployment;
    const etcd = createEtcd(EtcdConfig.parse({ endpoints: [cluster.etcd.address] }));
    opened.defer(() => etcd.close());
    const load = await startLoad(deployment);
    opened.defer(load.stop);
    const process = (name: string) => {
      const found = cluster.processes.find((candidate) => candidate.name === name);
      assert.ok(found, name);
      return found;
    };
    scene = { deployment, load, etcd, process };
  });
  after(() => opened.disposeAsync());
  return () => {
    assert.ok(scene, "the tests have not started");
    return scene;
  };
}

/** What becomes of the requests that the load sends while something is done. */
export async function underLoad({ load }: Scene, act: () => Promise<void>): Promise<Sent[]> {
  const from = performance.now();
  await act();
  const to = performance.now();
  // Those that were on their way at the end count too.
  await until("answered", () => load.oldestRunning(), {
    holds: (at) => at === undefined || at > to,
  });
  const sent = load.sent.filter(({ startedAt, tookMs }) => startedAt + tookMs > from);
  assert.ok(sent.length > 10, "there was no load");
  return sent;
}

/** Nothing of the load fails while something is done. */
export async function harmlessly(scene: Scene, act: () => Promise<void>): Promise<Sent[]> {
  const sent = await underLoad(scene, act);
  assert.deepEqual(failuresOf(sent), []);
  return sent;
}

export const failuresOf = (sent: readonly Sent[]) =>
  sent.filter(({ failure }) => failure !== undefined);

/** What stands in discovery. */
export const registrations = async ({ etcd }: Scene): Promise<readonly Entry[]> =>
  (await getPrefix(etcd, "apirouter/")).entries.filter(({ key }) => /\.rpc\/\d+$/.test(key));

export const leaseOf = ({ key }: Entry): bigint => BigInt(key.split("/").at(-1) ?? "");

/** Waits until every service's process can be found. */
export async function untilRegistered(scene: Scene): Promise<void> {
  const { processes } = scene.deployment.cluster;
  const addresses = processes
    .filter(({ name }) => !name.startsWith("gateway"))
    .map(({ address }) => address);
  const missing = async () => {
    const found = (await registrations(scene)).map(({ value }) => value);
    return addresses.filter((address) => !found.includes(address));
  };
  await until("registered", missing, { holds: ({ length }) => length === 0, timeoutMs: 15_000 });
}

/** Whether every gateway answers so to a key, in this moment. */
export async function allAnswer(
  { deployment: { urls, chat } }: Scene,
  { secret }: IssuedKey,
  status: number,
): Promise<boolean> {
  const answers = await Promise.all(urls.map((url) => chat(secret, {}, { url })));
  await Promise.all(answers.map((answer) => answer.text()));
  return answers.every((answer) => answer.status === status);
}

/** Disables a key behind its service's back. */
export async function disableInDatabase({ deployment }: Scene, { id }: IssuedKey): Promise<void> {
  const url = new URL("apirouter_apikey", deployment.cluster.postgres.address);
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    const found = await client.query(
      "select table_schema from information_schema.tables where table_name = 'api_keys'",
    );
    const table = `${found.rows[0].table_schema}.api_keys`;
    const { rowCount } = await client.query(
      `update ${table} set status = 'disabled' where id = $1`,
      [id],
    );
    assert.equal(rowCount, 1);
  } finally {
    await client.end();
  }
}
