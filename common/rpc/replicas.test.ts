import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { freePort } from "../../test/support/ports.ts";
import { startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import type { AppError } from "../errors.ts";
import type { Call } from "./call.ts";

const service = ApiKeyService;

test("nobody at the address: unavailable once the wait for a connection is over", async (t) => {
  const client = testClient(t, {
    service,
    endpoints: ["127.0.0.1:1"],
    config: { connectWaitMs: 100 },
  });
  await assert.rejects(client.getApiKey({}, testCall()), { code: "service.unavailable" });
});

test("an endpoint that comes up while a call waits for it serves the call", async (t) => {
  const port = await freePort();
  const client = testClient(t, { service, endpoints: [`127.0.0.1:${port}`] });
  const answer = client.getApiKey({ id: "k" }, testCall());
  await startTestServer(t, {
    service,
    methods: { getApiKey: async ({ id }) => ({ id }) },
    config: { listen: `127.0.0.1:${port}` },
  });
  assert.equal((await answer).id, "k");
});

test("calls spread over the replicas, and the slower one gets fewer", async (t) => {
  const counts = [0, 0];
  const replicas = await Promise.all(
    [0, 20].map((delayMs, index) =>
      startTestServer(t, {
        service,
        methods: {
          async getApiKey() {
            counts[index] = (counts[index] ?? 0) + 1;
            await sleep(delayMs);
            return {};
          },
        },
      }),
    ),
  );
  const client = testClient(t, { service, endpoints: replicas.map(({ address }) => address) });
  await waitUntilAllAreUsed(counts, () => client.getApiKey({}, testCall()));
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let index = 0; index < 25; index += 1) await client.getApiKey({}, testCall());
    }),
  );
  const [fast = 0, slow = 0] = counts;
  assert.ok(slow > 0 && fast > 2 * slow, `${fast} fast, ${slow} slow`);
});

test("equal replicas get equal shares of concurrent calls", async (t) => {
  const counts = [0, 0, 0];
  const replicas = await Promise.all(
    counts.map((_, index) =>
      startTestServer(t, {
        service,
        methods: {
          async getApiKey() {
            counts[index] = (counts[index] ?? 0) + 1;
            await sleep(2);
            return {};
          },
        },
      }),
    ),
  );
  const client = testClient(t, { service, endpoints: replicas.map(({ address }) => address) });
  await waitUntilAllAreUsed(counts, () => client.getApiKey({}, testCall()));
  counts.fill(0);
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      for (let index = 0; index < 20; index += 1) await client.getApiKey({}, testCall());
    }),
  );
  for (const count of counts) assert.ok(count > 100 && count < 300, counts.join(" "));
});

test("streams that are opened in the same moment spread evenly", async (t) => {
  const counts = [0, 0];
  const replicas = await Promise.all(
    counts.map((_, index) =>
      startTestServer(t, {
        service,
        methods: {
          async *watchApiKeys(_request, { signal }) {
            counts[index] = (counts[index] ?? 0) + 1;
            yield {};
            await once(signal, "abort");
          },
        },
      }),
    ),
  );
  const client = testClient(t, { service, endpoints: replicas.map(({ address }) => address) });
  const open = () => client.watchApiKeys({}, testCall())[Symbol.asyncIterator]();
  await waitUntilAllAreUsed(counts, async () => {
    const stream = open();
    await stream.next();
    await stream.return?.();
  });
  counts.fill(0);
  const streams = Array.from({ length: 20 }, open);
  await Promise.all(streams.map((stream) => stream.next()));
  // The last one that was closed above may still have counted.
  assert.ok(Math.abs((counts[0] ?? 0) - 10) <= 1, `${counts}`);
  await Promise.all(streams.map((stream) => stream.return?.()));
});

test("a connection that dies in the middle: reading is repeated elsewhere, writing is not", async (t) => {
  const asked: string[] = [];
  const working = await startTestServer(t, {
    service,
    methods: {
      getApiKey: async () => ({ id: "from the other" }),
      deleteApiKey: async () => {
        asked.push("delete");
        return {};
      },
    },
  });
  const stuck = await startTestServer(t, {
    service,
    methods: {
      getApiKey: (_request, call) => {
        asked.push("get");
        proxy.cut();
        return untilAborted(call);
      },
      deleteApiKey: (_request, call) => {
        asked.push("stuck delete");
        proxy.cut();
        return untilAborted(call);
      },
    },
  });
  const proxy = await startTcpProxy(t, stuck.address);

  const reader = testClient(t, { service, endpoints: [proxy.address, working.address] });
  while (!asked.includes("get")) {
    assert.equal((await reader.getApiKey({}, testCall())).id, "from the other");
  }
  const writer = testClient(t, { service, endpoints: [proxy.address, working.address] });
  while (!asked.includes("stuck delete")) {
    const outcome = await writer.deleteApiKey({}, testCall()).then(
      () => "done",
      (error: AppError) => error.code,
    );
    assert.equal(outcome, asked.at(-1) === "delete" ? "done" : "service.unavailable");
  }
});

test("a call that a draining server turns away is made elsewhere, writing too", async (t) => {
  const holding = Promise.withResolvers<void>();
  const first = await startTestServer(t, {
    service,
    methods: {
      async deleteApiKey() {
        await holding.promise;
        return {};
      },
    },
    config: { drainTimeoutMs: 5_000 },
  });
  let elsewhere = 0;
  const second = await startTestServer(t, {
    service,
    methods: {
      async deleteApiKey() {
        elsewhere += 1;
        return {};
      },
    },
  });
  const sources = changingEndpoints([first.address]);
  const client = testClient(t, { service, endpoints: sources });
  const held = client.deleteApiKey({}, testCall());
  await sleep(50);
  const down = first.shutdown();
  sources.set([first.address, second.address]);
  await Promise.all(Array.from({ length: 20 }, () => client.deleteApiKey({}, testCall())));
  assert.equal(elsewhere, 20);
  holding.resolve();
  await held;
  await down;
});

test("calls wait while the only replica finishes what it has, ends and is replaced", async (t) => {
  const holding = Promise.withResolvers<void>();
  const config = { listen: `127.0.0.1:${await freePort()}`, drainTimeoutMs: 5_000 };
  const getApiKey = () => holding.promise.then(() => ({}));
  const deleteApiKey = async () => ({});
  const first = await startTestServer(t, { service, methods: { getApiKey, deleteApiKey }, config });
  const client = testClient(t, { service, endpoints: [first.address] });
  await client.deleteApiKey({}, testCall());
  const held = client.getApiKey({}, testCall());
  await sleep(50);
  const down = first.shutdown();
  const turnedAway = Array.from({ length: 5 }, () => client.deleteApiKey({}, testCall()));
  // More than a few attempts' worth.
  await Promise.race([sleep(1_000), ...turnedAway]);
  holding.resolve();
  await down;
  await startTestServer(t, { service, methods: { deleteApiKey }, config });
  await Promise.all([held, ...turnedAway]);
});

test("an endpoint that is withdrawn gets no new calls; those in flight finish", async (t) => {
  const holding = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const first = await startTestServer(t, {
    service,
    methods: {
      async getApiKey() {
        started.resolve();
        await holding.promise;
        return { id: "first" };
      },
    },
  });
  const second = await startTestServer(t, {
    service,
    methods: { getApiKey: async () => ({ id: "second" }) },
  });
  const sources = changingEndpoints([first.address]);
  const client = testClient(t, { service, endpoints: sources });
  const held = client.getApiKey({}, testCall());
  await started.promise;
  sources.set([second.address]);
  for (let index = 0; index < 5; index += 1) {
    assert.equal((await client.getApiKey({}, testCall())).id, "second");
  }
  holding.resolve();
  assert.equal((await held).id, "first");
});

test("a replica that dies and returns on the same port is used again", async (t) => {
  const port = await freePort();
  const methods = { getApiKey: async () => ({ id: "k" }) };
  const first = await startTestServer(t, {
    service,
    methods,
    config: { listen: `127.0.0.1:${port}` },
  });
  const client = testClient(t, { service, endpoints: [first.address] });
  await client.getApiKey({}, testCall());
  await first.shutdown();
  await assert.rejects(client.getApiKey({}, testCall({ deadlineMs: Date.now() + 300 })));
  await startTestServer(t, { service, methods, config: { listen: `127.0.0.1:${port}` } });
  assert.equal((await client.getApiKey({}, testCall())).id, "k");
});

function untilAborted({ signal }: Call): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason)),
  );
}

async function waitUntilAllAreUsed(counts: readonly number[], call: () => Promise<unknown>) {
  while (counts.some((count) => count === 0)) await call();
}

function changingEndpoints(initial: readonly string[]) {
  let tell = (_addresses: readonly string[]) => {};
  return {
    subscribe(listener: (addresses: readonly string[]) => void) {
      tell = listener;
      listener(initial);
      return () => {};
    },
    set: (addresses: readonly string[]) => tell(addresses),
  };
}
