import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKeyService } from "../gen/rpc/apikey/apikey_pb.ts";
import { needsEtcdBinary, startEtcd, testEtcd } from "../test/support/etcd.ts";
import { implement, silentLog as log, testCall, testClient } from "../test/support/rpc.ts";
import { until } from "../test/support/until.ts";
import { RegistrationConfig } from "./discovery/discovery-config.ts";
import { subscribe } from "./discovery/subscriber.ts";
import type { Etcd } from "./etcd/etcd.ts";
import { RpcServerConfig } from "./rpc/rpc-config.ts";
import { serve } from "./serve.ts";

const key = "apikey.rpc";

test(
  "replacing every replica under load fails no call, also none that must not be repeated",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    const old = [await startReplica(t, etcd, 200), await startReplica(t, etcd, 200)];
    const client = await discoveringClient(t, etcd);
    const load = startLoad(() => client.deleteApiKey({}, testCall()));
    for (const replica of old) {
      await startReplica(t, etcd, 200);
      await replica.stop();
    }
    const { calls, failures } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(calls > 100, `${calls} calls`);
  },
);

test(
  "replacing the only replica at once, with no grace, fails no call either",
  needsEtcdBinary,
  async (t) => {
    const { endpoint } = await startEtcd(t);
    const etcd = testEtcd(t, endpoint);
    const old = await startReplica(t, etcd, 0);
    const client = await discoveringClient(t, etcd);
    const load = startLoad(() => client.deleteApiKey({}, testCall()));
    await until("busy", load.calls, { holds: (calls) => calls > 50 });
    await old.stop();
    await startReplica(t, etcd, 0);
    const before = load.calls();
    await until("busy again", load.calls, { holds: (calls) => calls > before + 50 });
    assert.deepEqual((await load.stop()).failures, []);
  },
);

test(
  "etcd away for a while: no call fails, and replicas can still stop",
  needsEtcdBinary,
  async (t) => {
    const server = await startEtcd(t);
    const etcd = testEtcd(t, server.endpoint);
    const one = await startReplica(t, etcd, 0);
    await startReplica(t, etcd, 0);
    const client = await discoveringClient(t, etcd);
    const load = startLoad(() => client.deleteApiKey({}, testCall()));
    await server.kill();
    await one.stop();
    const before = load.calls();
    await until("still busy", load.calls, { holds: (calls) => calls > before + 50 });
    await server.start();
    assert.deepEqual((await load.stop()).failures, []);
  },
);

async function startReplica(t: TestContext, etcd: Etcd, leaveGraceMs: number) {
  const replica = await serve({
    service: ApiKeyService,
    implementation: implement(ApiKeyService, {
      async deleteApiKey() {
        await sleep(2);
        return {};
      },
    }),
    config: RpcServerConfig.parse({}),
    discovery: { etcd, key, registration: RegistrationConfig.parse({ leaveGraceMs }) },
    log,
  });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= replica.stop();
    return stopped;
  };
  t.after(stop);
  return { stop };
}

async function discoveringClient(t: TestContext, etcd: Etcd) {
  const subscriber = subscribe(etcd, { key, log });
  t.after(() => subscriber.close());
  await subscriber.ready;
  return testClient(t, { service: ApiKeyService, endpoints: subscriber });
}

/** Eight callers, each with one call after the other, until stopped. */
function startLoad(call: () => Promise<unknown>) {
  const failures: string[] = [];
  let calls = 0;
  let going = true;
  const callers = Array.from({ length: 8 }, async () => {
    while (going) {
      await call().catch((error) => failures.push(String(error.cause ?? error)));
      calls += 1;
    }
  });
  return {
    calls: () => calls,
    async stop() {
      going = false;
      await Promise.all(callers);
      return { calls, failures };
    },
  };
}
