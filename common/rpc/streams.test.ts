import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
import { until } from "../../test/support/until.ts";
import type { AppError } from "../errors.ts";

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

test("thousands of cancelled calls leave the others on the connection alone", async (t) => {
  let cancelled = 0;
  const server = await startTestServer(t, {
    service: OpenAIService,
    methods: {
      async *forward(_request, { signal }) {
        yield { event: { case: "head", value: { status: 200 } } };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        cancelled += 1;
      },
      probe: async () => ({ ok: true }),
    },
  });
  const client = testClient(t, { service: OpenAIService, endpoints: [server.address] });
  const open = async () => {
    const answers = client.forward({}, testCall())[Symbol.asyncIterator]();
    await answers.next();
    return answers;
  };
  const staying = await open();
  const next = staying.next();
  const leaving = await Promise.all(Array.from({ length: 3_000 }, open));
  await Promise.all(leaving.map((answers) => answers.return?.()));
  await until("cancelled", () => cancelled, { holds: (count) => count === leaving.length });
  assert.equal((await client.probe({}, testCall())).ok, true);
  await staying.return?.();
  await assert.rejects(next, (error: AppError) => !String(error.cause).includes("RST_STREAM"));
});
