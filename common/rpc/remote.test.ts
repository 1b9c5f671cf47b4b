import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { implement, startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
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
