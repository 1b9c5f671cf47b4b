import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials } from "@grpc/grpc-js";
import { pino } from "pino";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/common/rpc/proto/health_pb.ts";
import {
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../gen/common/rpc/proto/reflection_pb.ts";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { makeCertificates } from "../../test/support/certificates.ts";
import { startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
import { AppError } from "../errors.ts";
import { serializeError } from "../log.ts";

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
const service = ApiKeyService;

test("an unexpected error is one log line with its cause, and says nothing on the wire", async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { serializers: { error: serializeError } },
    { write: (line) => lines.push(JSON.parse(line)) },
  );
  const server = await startTestServer(t, {
    service,
    methods: {
      async getApiKey() {
        throw new Error("the password is hunter2");
      },
      async deleteApiKey() {
        throw new AppError("resource.not_found", "No such key.");
      },
    },
    log,
  });
  const client = testClient(t, { service, endpoints: [server.address] });
  await assert.rejects(client.getApiKey({}, testCall()), (error) => {
    assert.ok(error instanceof AppError && error.code === "internal");
    assert.ok(!JSON.stringify(serializeError(error)).includes("hunter2"));
    return true;
  });
  await assert.rejects(client.deleteApiKey({}, testCall()), { code: "resource.not_found" });
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.["request_id"], "test-request");
  assert.match(JSON.stringify(lines[0]?.["error"]), /hunter2/);
});

test("shutting down ends watches at once, with a reason on both sides", async (t) => {
  const aborted = Promise.withResolvers<unknown>();
  const server = await startTestServer(t, {
    service,
    methods: {
      async *watchApiKeys(_request, { signal }) {
        yield {};
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted.resolve(signal.reason);
      },
    },
    config: { drainTimeoutMs: 10_000 },
  });
  const client = testClient(t, { service, endpoints: [server.address] });
  const events = client.watchApiKeys({}, testCall())[Symbol.asyncIterator]();
  await events.next();
  const startedMs = performance.now();
  const ended = assert.rejects(events.next(), { code: "service.shutting_down" });
  await server.shutdown();
  await ended;
  assert.ok(performance.now() - startedMs < 1_000);
  const reason = await aborted.promise;
  assert.ok(reason instanceof AppError && reason.code === "service.shutting_down");
});

test("shutting down lets a running stream finish, over its client's keep-alive pings", async (t) => {
  const goOn = Promise.withResolvers<void>();
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward() {
        yield { event: { case: "head" as const, value: { status: 200 } } };
        await goOn.promise;
        yield { event: { case: "end" as const, value: { outcome: "ok" } } };
      },
    },
    config: { drainTimeoutMs: 10_000 },
  });
  const client = testClient(t, {
    service: OpenAIService,
    endpoints: [server.address],
    config: { keepaliveIntervalMs: 1_000 },
  });
  const events = client.forward({}, testCall())[Symbol.asyncIterator]();
  await events.next();
  const down = server.shutdown();
  await sleep(1_200);
  goOn.resolve();
  const { value } = await events.next();
  assert.equal(value?.event.case, "end");
  assert.equal((await events.next()).done, true);
  await down;
});

test("a stream that outlives the drain is told, may say goodbye, and is cut if it does not", async (t) => {
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward({ model }, { signal }) {
        yield { event: { case: "head", value: { status: 200 } } };
        await new Promise((resolve) => {
          if (model === "polite") signal.addEventListener("abort", resolve);
        });
        yield { event: { case: "end", value: { outcome: "shutdown" } } };
      },
    },
    config: { drainTimeoutMs: 50, cutGraceMs: 200 },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const polite = client.forward({ model: "polite" }, testCall())[Symbol.asyncIterator]();
  const deaf = client.forward({ model: "deaf" }, testCall())[Symbol.asyncIterator]();
  await Promise.all([polite.next(), deaf.next()]);
  const cut = assert.rejects(deaf.next(), { code: "service.shutting_down" });
  const goodbye = polite.next();
  await server.shutdown();
  const event = (await goodbye).value?.event;
  assert.equal(event?.case === "end" && event.value.outcome, "shutdown");
  await cut;
});

test("a client that reads nothing does not hold the shutdown up", async (t) => {
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward() {
        for (;;) yield { event: { case: "data" as const, value: new Uint8Array(65_536) } };
      },
    },
    config: { drainTimeoutMs: 50, cutGraceMs: 50, flushTimeoutMs: 500 },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const events = client.forward({}, testCall())[Symbol.asyncIterator]();
  await events.next();
  const startedMs = performance.now();
  await server.shutdown();
  assert.ok(performance.now() - startedMs < 2_000);
  await events.return?.();
});

test("health says SERVING, and NOT_SERVING to those who watch when the drain begins", async (t) => {
  const server = await startTestServer(t, { service, methods: {} });
  const health = testClient(t, { service: Health, endpoints: [server.address] });
  for (const name of ["", service.typeName]) {
    assert.equal((await health.check({ service: name }, testCall())).status, SERVING);
  }
  await assert.rejects(health.check({ service: "other" }, testCall()), {
    code: "resource.not_found",
  });
  const statuses = health.watch({}, testCall())[Symbol.asyncIterator]();
  assert.equal((await statuses.next()).value?.status, SERVING);
  const next = statuses.next();
  await server.shutdown();
  assert.equal((await next).value?.status, NOT_SERVING);
});

test("reflection lists the services and hands out whole descriptors", async (t) => {
  const server = await startTestServer(t, { service, methods: {} });
  const [list, file, missing] = await reflect(t, server.address, [
    { case: "listServices", value: "" },
    { case: "fileContainingSymbol", value: "apirouter.apikey.v1.ApiKey" },
    { case: "fileContainingSymbol", value: "no.such.Symbol" },
  ]);
  assert.ok(list?.case === "listServicesResponse");
  assert.deepEqual(
    list.value.service.map(({ name }) => name),
    [service.typeName, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"],
  );
  assert.ok(file?.case === "fileDescriptorResponse");
  const names = file.value.fileDescriptorProto.map(
    (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
  );
  assert.deepEqual(names, ["rpc/apikey/apikey.proto", "common/access/access.proto"]);
  assert.ok(missing?.case === "errorResponse" && missing.value.errorCode === 5);
});

test("reflection lists no service whose file is only imported", async (t) => {
  // openai.proto takes messages from model.proto, which describes the model service as well.
  const server = await startTestServer(t, { service: OpenAIService, methods: {} });
  const [list, file] = await reflect(t, server.address, [
    { case: "listServices", value: "" },
    { case: "fileContainingSymbol", value: OpenAIService.typeName },
  ]);
  assert.ok(list?.case === "listServicesResponse");
  assert.deepEqual(
    list.value.service.map(({ name }) => name),
    [OpenAIService.typeName, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"],
  );
  assert.ok(file?.case === "fileDescriptorResponse");
});

test("mutual TLS: certificates of the same authority talk, others and none do not", async (t) => {
  const ours = makeCertificates(t);
  const others = makeCertificates(t);
  const server = await startTestServer(t, {
    service,
    methods: { getApiKey: async ({ id }) => ({ id }) },
    config: { tls: ours },
  });
  const endpoints = [server.address];
  const trusted = testClient(t, { service, endpoints, config: { tls: ours } });
  assert.equal((await trusted.getApiKey({ id: "k" }, testCall())).id, "k");
  for (const tls of [others, { ...others, caFile: ours.caFile }, undefined]) {
    const client = testClient(t, { service, endpoints, config: { tls, connectWaitMs: 200 } });
    await assert.rejects(client.getApiKey({}, testCall()), { code: "service.unavailable" });
  }
});

test("a port in use is named in the error", async (t) => {
  const server = await startTestServer(t, { service, methods: {} });
  const port = Number(server.address.split(":")[1]);
  await assert.rejects(
    startTestServer(t, { service, methods: {}, config: { listen: `127.0.0.1:${port}` } }),
    (error) => {
      assert.match(String(error), new RegExp(`cannot listen on 127.0.0.1:${port}`));
      return true;
    },
  );
});

test("an address for others is advertised in place of a wildcard", async (t) => {
  const open = await startTestServer(t, { service, methods: {}, config: { listen: "0.0.0.0:0" } });
  assert.doesNotMatch(open.address, /^0\.0\.0\.0/);
  const named = await startTestServer(t, {
    service,
    methods: {},
    config: { listen: "0.0.0.0:0", advertiseHost: "keys.internal" },
  });
  assert.match(named.address, /^keys\.internal:\d+$/);
});

type Asked = { case: "listServices" | "fileContainingSymbol"; value: string };

/** What reflection answers to each question, in order. */
async function reflect(t: TestContext, address: string, questions: readonly Asked[]) {
  const client = new Client(address, credentials.createInsecure());
  t.after(() => client.close());
  const stream = client.makeBidiStreamRequest(
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    (messageRequest: Asked) => {
      const request = create(ServerReflectionRequestSchema, { messageRequest });
      return Buffer.from(toBinary(ServerReflectionRequestSchema, request));
    },
    (bytes) => fromBinary(ServerReflectionResponseSchema, bytes),
  );
  for (const question of questions) stream.write(question);
  stream.end();
  return await Array.fromAsync(
    stream as AsyncIterable<ServerReflectionResponse>,
    ({ messageResponse }) => messageResponse,
  );
}
