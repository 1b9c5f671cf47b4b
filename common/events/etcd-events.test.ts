import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { KV } from "../../gen/common/etcd/etcd_pb.ts";
import { needsEtcdBinary, startEtcd, testEtcd } from "../../test/support/etcd.ts";
import { silentLog } from "../../test/support/rpc.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import { until } from "../../test/support/until.ts";
import { currentRevision, getPrefix } from "../etcd/kv.ts";
import { createEtcdEvents } from "./etcd-events.ts";

const prefix = "test/events";

test(
  "events published while a reader was cut off arrive once it is back, in order",
  needsEtcdBinary,
  async (t) => {
    const etcd = await startEtcd(t);
    const proxy = await startTcpProxy(t, etcd.endpoint);
    const reader = await listen(t, proxy.address);
    const writer = eventsAt(t, etcd.endpoint);
    await writer.publish("keys", { id: "k", value: "0" });
    await until("heard", () => reader.values.length, { holds: (count) => count === 1 });
    await proxy.stop();
    for (const value of ["1", "2", "3"]) await writer.publish("keys", { id: "k", value });
    await proxy.start();
    await until("heard", () => reader.values.length, { holds: (count) => count >= 4 });
    assert.deepEqual(reader.values, ["0", "1", "2", "3"]);
    assert.equal(reader.gaps(), 0);
  },
);

test(
  "a gap is reported when etcd has compacted away what was missed",
  needsEtcdBinary,
  async (t) => {
    const etcd = await startEtcd(t);
    const proxy = await startTcpProxy(t, etcd.endpoint);
    const reader = await listen(t, proxy.address);
    const writer = eventsAt(t, etcd.endpoint);
    const admin = testEtcd(t, etcd.endpoint);
    await proxy.stop();
    for (const value of ["lost", "lost too"]) await writer.publish("keys", { id: "k", value });
    await admin.unary(KV.method.compact, { revision: await currentRevision(admin) });
    await proxy.start();
    await until("told of the gap", reader.gaps, { holds: (gaps) => gaps === 1 });
    await until(
      "heard again",
      async () => {
        await writer.publish("keys", { id: "k", value: "after" });
        return reader.values;
      },
      { holds: (values) => values.includes("after") },
    );
    assert.equal(reader.gaps(), 1);
  },
);

test("a gap is reported when etcd comes back without its data", needsEtcdBinary, async (t) => {
  const etcd = await startEtcd(t);
  const reader = await listen(t, etcd.endpoint);
  const writer = eventsAt(t, etcd.endpoint);
  for (let index = 0; index < 5; index += 1) await writer.publish("keys", { id: "k", value: "x" });
  await etcd.kill();
  etcd.loseData();
  await etcd.start();
  await until("told of the gap", reader.gaps, { holds: (gaps) => gaps === 1 });
  // The lease that carried the events is gone with the data; publishing takes a new one.
  await writer.publish("keys", { id: "k", value: "new" });
  await until("heard", () => reader.values.at(-1), { holds: (value) => value === "new" });
});

test(
  "events go on after etcd was killed and started again; a gap is not reported",
  needsEtcdBinary,
  async (t) => {
    const etcd = await startEtcd(t);
    const reader = await listen(t, etcd.endpoint);
    const writer = eventsAt(t, etcd.endpoint);
    await writer.publish("keys", { id: "k", value: "before" });
    await etcd.kill();
    await etcd.start();
    await writer.publish("keys", { id: "k", value: "after" });
    await until("heard", () => reader.values.length, { holds: (count) => count === 2 });
    assert.deepEqual(reader.values, ["before", "after"]);
    assert.equal(reader.gaps(), 0);
  },
);

test(
  "publishing fails in bounded time while etcd is away or stands still",
  needsEtcdBinary,
  async (t) => {
    const etcd = await startEtcd(t);
    const writer = eventsAt(t, etcd.endpoint, 300);
    await writer.publish("keys", { id: "k", value: "x" });
    for (const [away, back] of [
      [async () => etcd.pause(), async () => etcd.resume()],
      [etcd.stop, etcd.start],
    ] as const) {
      await away();
      const startedMs = performance.now();
      await assert.rejects(writer.publish("keys", { id: "k", value: "x" }), {
        code: "events.not_delivered",
      });
      assert.ok(performance.now() - startedMs < 1_500);
      await back();
      await until(
        "published",
        () =>
          writer.publish("keys", { id: "k", value: "x" }).then(
            () => true,
            () => false,
          ),
        { holds: (published) => published },
      );
    }
  },
);

test(
  "listeners hear that events are late, and a subscription is in place only when they no longer are",
  needsEtcdBinary,
  async (t) => {
    const etcd = await startEtcd(t);
    const proxy = await startTcpProxy(t, etcd.endpoint);
    const events = eventsAt(t, proxy.address);
    const late = Promise.withResolvers<void>();
    const values: string[] = [];
    const onEvent = ({ value }: { value: string }) => values.push(value);
    const ignore = { onEvent: () => {}, onGap: () => {} };
    await events.subscribe("keys", { ...ignore, onLate: late.resolve });
    await proxy.stop();
    await late.promise;
    let inPlace = false;
    const subscribing = events.subscribe("keys", { ...ignore, onEvent }).then(() => {
      inPlace = true;
    });
    await eventsAt(t, etcd.endpoint).publish("keys", { id: "k", value: "missed" });
    assert.equal(inPlace, false);
    await proxy.start();
    await subscribing;
    await until("heard", () => values, { holds: ([first]) => first === "missed" });
  },
);

test("the keys of events hang on a lease, so they do not pile up", needsEtcdBinary, async (t) => {
  const etcd = await startEtcd(t);
  const writer = eventsAt(t, etcd.endpoint);
  const admin = testEtcd(t, etcd.endpoint);
  await writer.publish("keys", { id: "k", value: "x" });
  const [entry] = (await getPrefix(admin, prefix)).entries;
  assert.equal(entry?.key, `${prefix}/keys/k`);
  const { kvs } = await admin.unary(KV.method.range, { key: Buffer.from(entry.key) });
  assert.ok((kvs[0]?.lease ?? 0n) > 0n);
});

function eventsAt(t: TestContext, endpoint: string, publishTimeoutMs = 5_000) {
  const events = createEtcdEvents({
    etcd: testEtcd(t, endpoint),
    prefix,
    log: silentLog,
    publishTimeoutMs,
  });
  t.after(() => events[Symbol.dispose]());
  return events;
}

async function listen(t: TestContext, endpoint: string) {
  const values: string[] = [];
  let gaps = 0;
  await eventsAt(t, endpoint).subscribe("keys", {
    onEvent: ({ value }) => values.push(value),
    onGap: () => {
      gaps += 1;
    },
  });
  return { values, gaps: () => gaps };
}
