import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { freePort } from "../../test/support/ports.ts";
import { implement, startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import { AppError } from "../errors.ts";
import type { Call } from "./call.ts";
import { createLocalClient } from "./local.ts";

const service = ApiKeyService;

test("a request and its answer survive the wire byte for byte", async (t) => {
  const body = new Uint8Array(300_000).map((_, index) => index % 251);
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward(request) {
        yield { event: { case: "head", value: { status: 200, headers: request.headers } } };
        yield { event: { case: "data", value: request.body } };
        yield { event: { case: "end", value: { outcome: "ok" } } };
      },
    },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const events = await Array.fromAsync(
    client.forward({ model: "m", body, headers: [{ name: "a", value: "ü" }] }, testCall()),
  );
  assert.deepEqual(
    events.map(({ event }) => event.case),
    ["head", "data", "end"],
  );
  const head = events[0]?.event;
  assert.equal(head?.case === "head" && head.value.headers[0]?.value, "ü");
  const data = events[1]?.event;
  assert.ok(data?.case === "data" && Buffer.from(data.value).equals(body));
});

test("an error arrives as it was thrown, with details and time to retry", async (t) => {
  const thrown = new AppError("request.too_many", "Zu viele 请求 \ud800", {
    details: [{ field: "näme", message: "x\ny" }],
    retryAfterSeconds: 7,
    cause: new Error("secret"),
  });
  const server = await startTestServer(t, {
    service,
    methods: {
      async getApiKey() {
        throw thrown;
      },
      // biome-ignore lint/correctness/useYield: it fails first
      async *watchApiKeys() {
        throw thrown;
      },
    },
  });
  const client = testClient(t, { service, endpoints: [server.address] });
  const expectThrown = (error: unknown) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, thrown.code);
    assert.equal(error.message, thrown.message);
    assert.deepEqual(error.details, thrown.details);
    assert.equal(error.retryAfterSeconds, 7);
    assert.equal(error.cause, undefined);
    return true;
  };
  await assert.rejects(client.getApiKey({ id: "k" }, testCall()), expectThrown);
  await assert.rejects(Array.fromAsync(client.watchApiKeys({}, testCall())), expectThrown);
});

test("many long details are cut to what trailers carry", async (t) => {
  const details = Array.from({ length: 500 }, (_, index) => ({
    field: `field_${index}`,
    message: "m".repeat(200),
  }));
  const server = await startTestServer(t, {
    service,
    methods: {
      async getApiKey() {
        throw new AppError("request.invalid", "w".repeat(10_000), { details });
      },
    },
  });
  const client = testClient(t, { service, endpoints: [server.address] });
  await assert.rejects(client.getApiKey({}, testCall()), (error) => {
    assert.ok(error instanceof AppError && error.code === "request.invalid");
    assert.ok(error.details.length > 50 && error.details.length < 500);
    return true;
  });
});

test("request id, trace and remaining time reach the service; nested calls get what is left", async (t) => {
  const seen: Call[] = [];
  const inner = await startTestServer(t, {
    service,
    methods: {
      async getApiKey(_request, call) {
        seen.push(call);
        return {};
      },
    },
  });
  const innerClient = testClient(t, { service, endpoints: [inner.address] });
  const outer = await startTestServer(t, {
    service,
    methods: {
      async getApiKey(request, call) {
        seen.push(call);
        return innerClient.getApiKey({ id: request.id }, call);
      },
    },
  });
  const client = testClient(t, { service, endpoints: [outer.address] });
  const deadlineMs = Date.now() + 5_000;
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await client.getApiKey({ id: "k" }, testCall({ deadlineMs, traceparent }));
  assert.equal(seen.length, 2);
  for (const call of seen) {
    assert.equal(call.requestId, "test-request");
    assert.equal(call.traceparent, traceparent);
    assert.ok(Math.abs((call.deadlineMs ?? 0) - deadlineMs) < 500);
  }
});

test("a call without a deadline gets the configured one, and both sides learn that it passed", async (t) => {
  const reason = Promise.withResolvers<unknown>();
  const server = await startTestServer(t, {
    service,
    methods: {
      getApiKey: (_request, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => {
            reason.resolve(signal.reason);
            reject(signal.reason);
          }),
        ),
    },
  });
  const client = testClient(t, {
    service,
    endpoints: [server.address],
    config: { timeoutMs: 150 },
  });
  await assert.rejects(client.getApiKey({}, testCall()), { code: "service.timeout" });
  const told = await reason.promise;
  assert.ok(told instanceof AppError);
});

test("a caller that aborts cancels the call at the service", async (t) => {
  const started = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<unknown>();
  const server = await startTestServer(t, {
    service,
    methods: {
      getApiKey: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            cancelled.resolve(signal.reason);
            reject(signal.reason);
          });
          started.resolve();
        }),
    },
  });
  const client = testClient(t, { service, endpoints: [server.address] });
  const controller = new AbortController();
  const answer = client.getApiKey({}, testCall({ signal: controller.signal }));
  await started.promise;
  controller.abort();
  await assert.rejects(answer, { code: "request.cancelled" });
  const reason = await cancelled.promise;
  assert.ok(reason instanceof AppError && reason.code === "request.cancelled");
});

test("a reader that leaves the loop ends the generator at the service", async (t) => {
  const returned = Promise.withResolvers<void>();
  const server = await startTestServer(t, {
    service,
    methods: {
      async *watchApiKeys() {
        try {
          for (let index = 0; ; index += 1) yield { keyId: String(index) };
        } finally {
          returned.resolve();
        }
      },
    },
  });
  const client = testClient(t, { service, endpoints: [server.address] });
  for await (const { keyId } of client.watchApiKeys({}, testCall())) {
    if (keyId === "3") break;
  }
  await returned.promise;
});

test("a slow reader holds the service's generator back", async (t) => {
  const chunk = new Uint8Array(16 * 1024);
  let produced = 0;
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward(_request, { signal }) {
        while (!signal.aborted) {
          yield { event: { case: "data", value: chunk } };
          produced += chunk.length;
        }
      },
    },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const answers = client.forward({}, testCall())[Symbol.asyncIterator]();
  await answers.next();
  let before = -1;
  while (before !== produced) {
    before = produced;
    await sleep(100);
  }
  // The HTTP/2 window, the server's buffer, and a chunk on each side of them.
  assert.ok(produced <= 128 * 1024 + 64 * 1024 + 4 * chunk.length, `${produced} bytes ahead`);
  for (let index = 0; index < 100; index += 1) await answers.next();
  assert.ok(produced >= 100 * chunk.length, "reading lets it go on");
  await answers.return?.();
});

test("one reader that stands still does not hold the streams beside it up", async (t) => {
  const chunk = new Uint8Array(64 * 1024);
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward() {
        for (let index = 0; index < 50; index += 1) {
          yield { event: { case: "data" as const, value: chunk } };
        }
      },
    },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const still = client.forward({}, testCall())[Symbol.asyncIterator]();
  await still.next();
  assert.equal((await Array.fromAsync(client.forward({}, testCall()))).length, 50);
  await still.return?.();
});

test("a message above the limit is refused as too large", async (t) => {
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: { async *forward() {} },
    config: { messageBytesMax: 100_000 },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const answers = client.forward({ body: new Uint8Array(200_000) }, testCall());
  await assert.rejects(Array.fromAsync(answers), { code: "request.too_large" });
});

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

test("local and remote clients behave the same for what a caller can see", async (t) => {
  const methods = {
    getApiKey: async ({ id }: { id: string }) => {
      if (id === "") throw new AppError("resource.not_found", "No such key.");
      return { id };
    },
    async *watchApiKeys() {
      yield {};
      yield { keyId: "k", status: "active" };
    },
  };
  const server = await startTestServer(t, { service, methods });
  const remote = testClient(t, { service, endpoints: [server.address] });
  const local = createLocalClient(service, () => implement(service, methods));
  for (const client of [local, remote]) {
    const key = await client.getApiKey({ id: "k" }, testCall());
    assert.deepEqual([key.id, key.name, key.permissions], ["k", "", undefined]);
    await assert.rejects(client.getApiKey({}, testCall()), { code: "resource.not_found" });
    const events = await Array.fromAsync(client.watchApiKeys({}, testCall()));
    assert.deepEqual(
      events.map(({ keyId, status }) => [keyId, status]),
      [
        ["", ""],
        ["k", "active"],
      ],
    );
  }
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
