import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { makeCertificates } from "../../test/support/certificates.ts";
import { needsEtcdBinary, startEtcd, testEtcd } from "../../test/support/etcd.ts";
import { freePort } from "../../test/support/ports.ts";
import { silentLog } from "../../test/support/rpc.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import { publish } from "../discovery/publisher.ts";
import { createEtcdEvents } from "../events/etcd-events.ts";
import { StatusError } from "../rpc/client-call.ts";
import { createEtcd } from "./etcd.ts";
import { EtcdConfig } from "./etcd-config.ts";
import { deleteKey, getPrefix, hasKey, put } from "./kv.ts";

test("keys are written, read by prefix and deleted", needsEtcdBinary, async (t) => {
  const { endpoint } = await startEtcd(t);
  const etcd = testEtcd(t, endpoint);
  await put(etcd, { key: "a/1", value: "one" });
  await put(etcd, { key: "a/ü", value: "größer" });
  await put(etcd, { key: "a0", value: "beside the prefix" });
  const { entries, revision } = await getPrefix(etcd, "a/");
  assert.deepEqual(entries, [
    { key: "a/1", value: "one" },
    { key: "a/ü", value: "größer" },
  ]);
  assert.ok(revision > 0n);
  await deleteKey(etcd, "a/1");
  assert.equal(await hasKey(etcd, "a/1"), false);
  assert.equal(await hasKey(etcd, "a/ü"), true);
});

test(
  "another member is asked when one is down, or takes requests and does not answer",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const stuck = await startEtcd(t);
    stuck.pause();
    t.after(() => stuck.resume());
    const proxy = await startTcpProxy(t, endpoint);
    const down = `127.0.0.1:${await freePort()}`;
    const etcd = testEtcd(t, [down, stuck.endpoint, proxy.address, endpoint]);
    await put(etcd, { key: "k", value: "v" });
    assert.equal(await hasKey(etcd, "k"), true);
    await proxy.stop();
    assert.equal(await hasKey(etcd, "k"), true);
  },
);

test("members come one an entry or with commas between them; what cannot be one is refused", () => {
  const membersOf = (...endpoints: string[]) => EtcdConfig.safeParse({ endpoints }).data?.endpoints;
  assert.deepEqual(membersOf("etcd-1:2379, 10.0.0.1:2379", "[::1]:2379"), [
    "etcd-1:2379",
    "10.0.0.1:2379",
    "[::1]:2379",
  ]);
  for (const entry of ["http://etcd-1:2379", "etcd-1", "etcd-1:2379,", "a:1,http://b:2", ""]) {
    assert.equal(membersOf(entry), undefined, entry);
  }
});

test("with no member there, a request fails in its time", async (t) => {
  const etcd = createEtcd(
    EtcdConfig.parse({ endpoints: [`127.0.0.1:${await freePort()}`], requestTimeoutMs: 300 }),
  );
  t.after(() => etcd.close());
  const startedMs = performance.now();
  await assert.rejects(hasKey(etcd, "k"), StatusError);
  assert.ok(performance.now() - startedMs < 1_000);
});

test(
  "name and password: signs in, and again when etcd has forgotten the token",
  needsEtcdBinary,
  async (t) => {
    const server = await startEtcd(t);
    // etcd's own HTTP gateway: what sets accounts up is not part of our client.
    const admin = async (path: string, body: object) => {
      const url = `http://${server.endpoint}/v3/auth/${path}`;
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      assert.equal(response.status, 200, await response.text());
    };
    await admin("user/add", { name: "root", password: "root-password" });
    await admin("role/add", { name: "root" });
    await admin("user/grant", { user: "root", role: "root" });
    await admin("enable", {});
    const signedIn = (password: string) => {
      const etcd = createEtcd(
        EtcdConfig.parse({ endpoints: [server.endpoint], username: "root", password }),
      );
      t.after(() => etcd.close());
      return etcd;
    };
    const etcd = signedIn("root-password");
    await put(etcd, { key: "k", value: "v" });
    await assert.rejects(put(testEtcd(t, server.endpoint), { key: "k", value: "v" }), StatusError);
    await assert.rejects(put(signedIn("wrong"), { key: "k", value: "v" }), StatusError);
    // Its tokens live in memory only.
    await server.kill();
    await server.start();
    assert.equal(await hasKey(etcd, "k"), true);
  },
);

test(
  "mutual TLS: requests, watches and leases work; who has no certificate is turned away",
  needsEtcdBinary,
  async (t) => {
    const tls = makeCertificates(t);
    const { endpoint } = await startEtcd(t, tls);
    const connect = (config: z.input<typeof EtcdConfig>) => {
      const etcd = createEtcd(
        EtcdConfig.parse({ endpoints: [endpoint], requestTimeoutMs: 2_000, ...config }),
      );
      t.after(() => etcd.close());
      return etcd;
    };
    const etcd = connect({ tls });
    const log = silentLog;
    const publisher = await publish(etcd, { key: "s", address: "10.0.0.1:1", ttlSeconds: 2, log });
    t.after(() => publisher.stop());
    const events = createEtcdEvents({ etcd, prefix: "events", log });
    t.after(() => events[Symbol.dispose]());
    const heard = Promise.withResolvers<string>();
    await events.subscribe("topic", { onEvent: ({ id }) => heard.resolve(id), onGap() {} });
    await events.publish("topic", { id: "news", value: "" });
    assert.equal(await heard.promise, "news");
    assert.equal((await getPrefix(etcd, "s/")).entries.length, 1);
    const foreign = { ...makeCertificates(t), caFile: tls.caFile };
    const wrong = { requestTimeoutMs: 300 };
    await assert.rejects(hasKey(connect({ ...wrong, tls: foreign }), "k"), StatusError);
    await assert.rejects(hasKey(connect(wrong), "k"), StatusError);
    const elsewhere = { ...tls, serverName: "etcd.internal" };
    await assert.rejects(hasKey(connect({ ...wrong, tls: elsewhere }), "k"), StatusError);
  },
);
