import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type EtcdProcess,
  needsEtcdBinary,
  startEtcd,
  startEtcdCluster,
  testEtcd,
} from "../../test/support/etcd.ts";
import { silentLog as log } from "../../test/support/rpc.ts";
import { until } from "../../test/support/until.ts";
import { publish } from "../discovery/publisher.ts";
import { subscribe } from "../discovery/subscriber.ts";
import { createEtcdEvents } from "../events/etcd-events.ts";
import { getPrefix, put } from "./kv.ts";

const key = "user.rpc";
const ttlSeconds = 2;

suite("etcd with several members", needsEtcdBinary, () => {
  test("the leader is killed: a registration and a watch outlive it", async (t) => {
    const members = await startEtcdCluster(t);
    const service = await startService(t, members);
    const [leader] = members;
    await leader?.kill();
    await service.arrives("after the leader's end");
    // Longer than the lease lives without renewals.
    await sleep(ttlSeconds * 1_500);
    await service.isStillRegistered();
    await leader?.start();
    await service.arrives("after its return");
  });

  test("the connected member stands still: leases are renewed and watches go on at another", async (t) => {
    const [leader, connected, other] = await startEtcdCluster(t);
    assert.ok(leader && connected && other);
    const service = await startService(t, [connected, leader, other]);
    connected.pause();
    t.after(() => connected.resume());
    // Far sooner than pings would tell that the connection is dead.
    await service.arrives("past the one that stands still");
    await sleep(ttlSeconds * 1_500);
    await service.isStillRegistered();
  });

  test("the majority is lost and comes back: so do registrations and watches", async (t) => {
    const members = await startEtcdCluster(t);
    const service = await startService(t, members);
    const lost = members.slice(1);
    await Promise.all(lost.map((member) => member.kill()));
    await assert.rejects(service.tell("to nobody"), { code: "events.not_delivered" });
    assert.deepEqual(service.addresses(), [service.address]);
    await Promise.all(lost.map((member) => member.start()));
    await service.arrives("to the majority again");
    await until("registered", service.registered, { holds: ({ length }) => length === 1 });
  });

  test("a watch goes elsewhere when the next member takes the connection and says nothing", async (t) => {
    const server = await startEtcd(t);
    const mute = await startMuteServer(t);
    const admin = testEtcd(t, server.endpoint);
    const subscriber = subscribe(testEtcd(t, [server.endpoint, mute]), { key, log });
    t.after(() => subscriber.close());
    await subscriber.ready;
    let addresses: readonly string[] = [];
    subscriber.subscribe((known) => {
      addresses = known;
    });
    await server.kill();
    await server.start();
    await put(admin, { key: `${key}/1`, value: "10.0.0.1:9000" });
    await until("known", () => addresses, { holds: ({ length }) => length === 1 });
  });
});

/** What a process of a service has to do with etcd, and another one that asks after it. */
async function startService(t: TestContext, members: readonly EtcdProcess[]) {
  const endpoints = members.map(({ endpoint }) => endpoint);
  const etcd = testEtcd(t, endpoints);
  const asking = testEtcd(t, endpoints);
  const address = "10.0.0.1:9000";
  const publisher = await publish(etcd, { key, address, ttlSeconds, log });
  t.after(() => publisher.stop());
  const subscriber = subscribe(etcd, { key, log });
  t.after(() => subscriber.close());
  await subscriber.ready;
  let addresses: readonly string[] = [];
  subscriber.subscribe((known) => {
    addresses = known;
  });
  const events = createEtcdEvents({ etcd, prefix: "events", log });
  t.after(() => events[Symbol.dispose]());
  const heard = new Set<string>();
  await events.subscribe("topic", { onEvent: ({ id }) => heard.add(id), onGap() {} });
  const others = createEtcdEvents({ etcd: asking, prefix: "events", log });
  const tell = (id: string) => others.publish("topic", { id, value: "" });
  const registered = async () => (await getPrefix(asking, `${key}/`)).entries;
  const before = await registered();
  return {
    address,
    addresses: () => addresses,
    registered,
    tell,
    async arrives(id: string) {
      // Refused while there is no leader; the caller tries again then.
      await until(
        "told",
        () =>
          tell(id).then(
            () => true,
            () => false,
          ),
        { holds: Boolean },
      );
      await until("heard", () => heard.has(id), { holds: Boolean });
    },
    async isStillRegistered() {
      assert.deepEqual(await registered(), before);
    },
  };
}

async function startMuteServer(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
