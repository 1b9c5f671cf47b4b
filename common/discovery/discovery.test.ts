import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { KV } from "../../gen/common/etcd/etcd_pb.ts";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { needsEtcdBinary, startEtcd, testEtcd } from "../../test/support/etcd.ts";
import { silentLog, startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import { until } from "../../test/support/until.ts";
import type { Etcd } from "../etcd/etcd.ts";
import { currentRevision, deleteKey, getPrefix, put } from "../etcd/kv.ts";
import { revokeLease } from "../etcd/lease.ts";
import { publish } from "./publisher.ts";
import { subscribe } from "./subscriber.ts";

const key = "apikey.rpc";
const log = silentLog;

test(
  "a registration has go-zero's shape: <key>/<lease id> -> host:port, on that lease",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    const publisher = await publish(etcd, { key, address: "10.0.0.1:9000", ttlSeconds: 10, log });
    const [entry, ...more] = (await getPrefix(etcd, `${key}/`)).entries;
    assert.equal(more.length, 0);
    assert.match(entry?.key ?? "", /^apikey\.rpc\/\d+$/);
    assert.equal(entry?.value, "10.0.0.1:9000");
    const { kvs } = await etcd.unary(KV.method.range, { key: Buffer.from(entry?.key ?? "") });
    assert.equal(`${key}/${kvs[0]?.lease}`, entry?.key);
    await publisher.stop();
    assert.deepEqual((await getPrefix(etcd, `${key}/`)).entries, []);
  },
);

test("what a go-zero program registers is found, and followed", needsEtcdBinary, async (t) => {
  const { endpoint } = await startEtcd(t);
  const etcd = testEtcd(t, endpoint);
  await put(etcd, { key: `${key}/7587862094675361290`, value: "10.0.0.1:9000" });
  // Another service whose name begins with ours.
  await put(etcd, { key: `${key}2/1`, value: "10.0.0.9:9000" });
  const { addresses } = await follow(t, etcd);
  assert.deepEqual(addresses(), ["10.0.0.1:9000"]);
  await put(etcd, { key: `${key}/7587862094675361291`, value: "10.0.0.2:9000" });
  await until("found", addresses, { holds: ({ length }) => length === 2 });
  await deleteKey(etcd, `${key}/7587862094675361290`);
  await until("gone", addresses, { holds: ({ length }) => length === 1 });
  assert.deepEqual(addresses(), ["10.0.0.2:9000"]);
});

test(
  "the last known address stays in use when it vanishes, until another comes",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    await put(etcd, { key: `${key}/1`, value: "10.0.0.1:9000" });
    const { addresses } = await follow(t, etcd);
    await deleteKey(etcd, `${key}/1`);
    await put(etcd, { key: `${key}/2`, value: "10.0.0.2:9000" });
    await until("replaced", addresses, { holds: ([first]) => first === "10.0.0.2:9000" });
    assert.deepEqual(addresses(), ["10.0.0.2:9000"]);
  },
);

test(
  "a registration comes back under a new lease when the lease is lost",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    await register(t, etcd, "10.0.0.1:9000");
    const [before] = await leases(etcd);
    assert.ok(before);
    await revokeLease(etcd, before);
    const [after] = await until("registered anew", () => leases(etcd), {
      holds: ({ length }) => length === 1,
    });
    assert.notEqual(after, before);
  },
);

test("a registration that was deleted by hand comes back", needsEtcdBinary, async (t) => {
  const { endpoint } = await startEtcd(t);
  const etcd = testEtcd(t, endpoint);
  await register(t, etcd, "10.0.0.1:9000");
  const [lease] = await leases(etcd);
  await deleteKey(etcd, `${key}/${lease}`);
  assert.deepEqual(
    await until("back", () => leases(etcd), { holds: ({ length }) => length === 1 }),
    [lease],
  );
});

test(
  "a registration comes back after its process stood still for longer than the lease lives",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    const child = await startServerProcess(t, endpoint);
    child.kill("SIGSTOP");
    await until("forgotten", () => leases(etcd), { holds: ({ length }) => length === 0 });
    child.kill("SIGCONT");
    await until("back", () => leases(etcd), { holds: ({ length }) => length === 1 });
  },
);

test(
  "a registration survives etcd's being away for longer than the lease lives",
  needsEtcdBinary,
  async (t) => {
    const server = await startEtcd(t);
    const etcd = testEtcd(t, server.endpoint);
    await register(t, etcd, "10.0.0.1:9000");
    const { addresses, changes } = await follow(t, etcd);
    await server.stop();
    // Longer than the lease's two seconds; nothing can be observed meanwhile.
    await sleep(3_000);
    assert.deepEqual(addresses(), ["10.0.0.1:9000"]);
    await server.start();
    await until("registered", () => leases(etcd), { holds: ({ length }) => length === 1 });
    assert.equal(changes(), 0);
  },
);

test(
  "a registration comes back after etcd lost its data; the address stays in use throughout",
  needsEtcdBinary,
  async (t) => {
    const server = await startEtcd(t);
    const etcd = testEtcd(t, server.endpoint);
    await register(t, etcd, "10.0.0.1:9000");
    for (let index = 0; index < 5; index += 1) await put(etcd, { key: "other", value: "x" });
    const { addresses, changes } = await follow(t, etcd);
    await server.kill();
    server.loseData();
    await server.start();
    await until("registered", () => leases(etcd), { holds: ({ length }) => length === 1 });
    assert.deepEqual(addresses(), ["10.0.0.1:9000"]);
    assert.equal(changes(), 0);
  },
);

test(
  "changes that were compacted away during an outage are read anew",
  needsEtcdBinary,
  async (t) => {
    const server = await startEtcd(t);
    const proxy = await startTcpProxy(t, server.endpoint);
    const admin = testEtcd(t, server.endpoint);
    await put(admin, { key: `${key}/1`, value: "10.0.0.1:9000" });
    const { addresses } = await follow(t, testEtcd(t, proxy.address));
    await proxy.stop();
    await deleteKey(admin, `${key}/1`);
    await put(admin, { key: `${key}/2`, value: "10.0.0.2:9000" });
    await put(admin, { key: `${key}/3`, value: "10.0.0.3:9000" });
    await admin.unary(KV.method.compact, { revision: await currentRevision(admin) });
    await proxy.start();
    await until("read anew", addresses, { holds: ({ length }) => length === 2 });
    assert.deepEqual(addresses(), ["10.0.0.2:9000", "10.0.0.3:9000"]);
  },
);

test(
  "a process killed in use: calls go on at once, discovery forgets it with its lease",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    const killed = await startServerProcess(t, endpoint);
    const living = await startTestServer(t, {
      service: ApiKeyService,
      methods: { getApiKey: async () => ({ id: "living" }) },
    });
    await register(t, etcd, living.address);
    const { addresses, subscriber } = await follow(t, etcd);
    await until("both known", addresses, { holds: ({ length }) => length === 2 });
    const client = testClient(t, { service: ApiKeyService, endpoints: subscriber });
    const ask = async () => (await client.getApiKey({}, testCall())).id;
    await until("answered by the one to be killed", ask, { holds: (id) => id === "killed" });

    killed.kill("SIGKILL");
    for (let index = 0; index < 50; index += 1) assert.equal(await ask(), "living");
    assert.equal(addresses().length, 2, "its lease still lives");
    await until("forgotten", addresses, { holds: ({ length }) => length === 1 });
  },
);

async function register(t: TestContext, etcd: Etcd, address: string) {
  const publisher = await publish(etcd, { key, address, ttlSeconds: 2, log });
  t.after(() => publisher.stop());
}

async function follow(t: TestContext, etcd: Etcd) {
  const subscriber = subscribe(etcd, { key, log });
  t.after(() => subscriber.close());
  await subscriber.ready;
  let known: readonly string[] = [];
  let updates = -1;
  subscriber.subscribe((addresses) => {
    known = addresses;
    updates += 1;
  });
  return { subscriber, addresses: () => known, changes: () => updates };
}

/** The leases behind the registrations, from the keys' names. */
async function leases(etcd: Etcd): Promise<bigint[]> {
  const { entries } = await getPrefix(etcd, `${key}/`).catch(() => ({ entries: [] }));
  return entries.map((entry) => BigInt(entry.key.slice(key.length + 1)));
}

async function startServerProcess(t: TestContext, etcdEndpoint: string): Promise<ChildProcess> {
  const file = new URL("../../test/support/registered-server.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [file, etcdEndpoint, key], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}
