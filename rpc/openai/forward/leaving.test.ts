import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { AppError } from "../../../common/errors.ts";
import {
  callWith,
  chat,
  collect,
  routeTo,
  startForwarding,
} from "../../../test/support/forwarding.ts";
import { answerJson, startUpstream, type UpstreamScript } from "../../../test/support/upstream.ts";
import type { OpenAIConfig } from "../config.ts";

const question = { model: "m", messages: [] };
const event = 'data: {"choices":[]}\n\n';
const promptlyMs = 100;

async function start(
  test: TestContext,
  script: UpstreamScript,
  config: Partial<OpenAIConfig> = {},
) {
  const upstream = await startUpstream(script, test);
  const routes = [routeTo(upstream.baseUrl, { provider: "groq" })];
  return { upstream, ...(await startForwarding({ test, routes, config })) };
}

/** Leaves, and measures how long the upstream takes to notice. */
async function leaves(leaving: AbortController, noticed: Promise<void>) {
  const leftAt = performance.now();
  leaving.abort();
  await noticed;
  const tookMs = performance.now() - leftAt;
  assert.ok(tookMs < promptlyMs, `noticed after ${tookMs.toFixed()} ms`);
}

for (const stream of [false, true]) {
  const kind = stream ? "a stream" : "a plain answer";

  test(`a caller of ${kind} that leaves while headers are awaited ends the upstream's work`, async (t) => {
    const noticed = Promise.withResolvers<void>();
    const { client, upstream } = await start(t, async ({ aborted }) => {
      await aborted;
      noticed.resolve();
    });
    const leaving = new AbortController();
    const got = collect(client.forward(chat(question, stream), callWith(leaving.signal)));
    const failed = assert.rejects(got, { code: "request.cancelled" });
    await upstream.received();
    await leaves(leaving, noticed.promise);
    await failed;
  });

  test(`a caller of ${kind} that leaves in the middle ends the upstream's work`, async (t) => {
    const noticed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { client } = await start(t, async ({ head, write, aborted }) => {
      head(200, { "content-type": stream ? "text/event-stream" : "application/json" });
      await write(event);
      begun.resolve();
      await aborted;
      noticed.resolve();
    });
    const leaving = new AbortController();
    const got = collect(client.forward(chat(question, stream), callWith(leaving.signal)));
    const failed = assert.rejects(got, { code: "request.cancelled" });
    await begun.promise;
    await leaves(leaving, noticed.promise);
    await failed;
  });
}

test("a call that is ended for a reason ends with that reason", async (t) => {
  const { client, upstream } = await start(t, ({ aborted }) => aborted);
  const ending = new AbortController();
  const got = collect(client.forward(chat(question, true), callWith(ending.signal)));
  const failed = assert.rejects(got, { code: "service.shutting_down" });
  await upstream.received();
  ending.abort(new AppError("service.shutting_down", "The service is shutting down."));
  await failed;
});

test("a reader that stops reading, without a word, ends the upstream's work", async (t) => {
  const noticed = Promise.withResolvers<void>();
  const { client, context } = await start(t, async ({ head, write, aborted }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(event);
    await aborted;
    noticed.resolve();
  });
  for await (const message of client.forward(chat(question, true), callWith())) {
    if (message.event.case === "data") break;
  }
  await noticed.promise;
  assert.equal(context.running.size, 0);
});

test("a caller that has left before is not forwarded at all", async (t) => {
  const { client, upstream } = await start(t, answerJson(200, {}));
  const got = collect(client.forward(chat(question), callWith(AbortSignal.abort())));
  await assert.rejects(got, { code: "request.cancelled" });
  assert.equal(upstream.ledger.length, 0);
});

test("requests wait for a connection up to a bound, and one that leaves is never sent", async (t) => {
  const goOn = Promise.withResolvers<void>();
  const script: UpstreamScript = async (answer, entry) => {
    await goOn.promise;
    await answerJson(200, {})(answer, entry);
  };
  const config = { connectionsPerOriginMax: 1, waitingPerOriginMax: 2 };
  const { client, upstream } = await start(t, script, config);
  const ask = (name: string, signal?: AbortSignal) =>
    collect(client.forward(chat({ model: name }), callWith(signal)));
  const first = ask("first");
  await upstream.received();
  const leaving = new AbortController();
  const second = assert.rejects(ask("second", leaving.signal), { code: "request.cancelled" });
  const third = ask("third");
  await assert.rejects(ask("fourth"), { code: "service.overloaded", retryAfterSeconds: 1 });
  leaving.abort();
  await second;
  goOn.resolve();
  assert.deepEqual([(await first).status, (await third).status], [200, 200]);
  assert.deepEqual(
    upstream.ledger.map(({ body }) => JSON.parse(String(body)).model),
    ["first", "third"],
  );
});

test("a caller that leaves while the connection is being made is told at once", async (t) => {
  // Nobody speaks TLS here, so that the handshake never ends.
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  t.after(() => mute.close());
  const connected = new Promise<import("node:net").Socket>((resolve) =>
    mute.once("connection", resolve),
  );
  const address = mute.address();
  assert.ok(address && typeof address === "object");
  const routes = [routeTo(`https://127.0.0.1:${address.port}`)];
  const { client } = await startForwarding({ test: t, routes });
  const leaving = new AbortController();
  const got = collect(client.forward(chat(question), callWith(leaving.signal)));
  const failed = assert.rejects(got, { code: "request.cancelled" });
  const socket = await connected;
  await leaves(leaving, failed);
  socket.destroy();
});

test("a slow reader slows the upstream instead of filling memory, and loses nothing", async (t) => {
  const bufferBytesMax = 64 * 1024;
  const payload = `data: ${"x".repeat(16 * 1024)}\n\n`;
  const total = 64 * 1024 * 1024;
  let sent = 0;
  const stalled = Promise.withResolvers<void>();
  const { client } = await start(
    t,
    async ({ head, response, end }) => {
      head(200, { "content-type": "text/event-stream" });
      while (sent < total && !response.destroyed) {
        sent += payload.length;
        if (response.write(payload)) continue;
        stalled.resolve();
        await once(response, "drain");
      }
      response.write("data: [DONE]\n\n");
      end();
    },
    { bufferBytesMax },
  );
  const messages = client.forward(chat(question, true), callWith())[Symbol.asyncIterator]();
  await messages.next();
  const first = await messages.next();
  await stalled.promise;
  // What the kernel's sockets hold is not ours to bound; the rest of the 64 MiB stays where it is.
  await settlesBelow(() => sent, total / 2);
  let received = first.value?.event.case === "data" ? first.value.event.value.length : 0;
  let last = Buffer.alloc(0);
  for (let next = await messages.next(); !next.done; next = await messages.next()) {
    if (next.value.event.case !== "data") continue;
    last = Buffer.from(next.value.event.value);
    received += last.length;
  }
  assert.ok(received >= total);
  assert.ok(last.toString().endsWith("[DONE]\n\n"));
});

/** Waits until a number has stopped growing, and holds it to a bound. */
async function settlesBelow(read: () => number, bound: number) {
  for (let before = -1; before !== read(); ) {
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(read() < bound, `${read()} bytes were taken`);
}

test("leaving ends the upstream's work also while it is paused for a slow reader", async (t) => {
  const noticed = Promise.withResolvers<void>();
  const full = Promise.withResolvers<void>();
  const { client } = await start(
    t,
    async ({ head, response, aborted }) => {
      head(200, { "content-type": "text/event-stream" });
      while (response.write(`data: ${"x".repeat(65_536)}\n\n`));
      full.resolve();
      await aborted;
      noticed.resolve();
    },
    { bufferBytesMax: 1_024 },
  );
  const leaving = new AbortController();
  const messages = client
    .forward(chat(question, true), callWith(leaving.signal))
    [Symbol.asyncIterator]();
  await messages.next();
  await messages.next();
  await full.promise;
  await leaves(leaving, noticed.promise);
  await assert.rejects(async () => {
    for (let next = await messages.next(); !next.done; next = await messages.next());
  });
});

test("a process that stops ends its streams with an error event", async (t) => {
  const { client, context } = await start(t, async ({ head, write }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(event);
  });
  const messages = client.forward(chat(question, true), callWith())[Symbol.asyncIterator]();
  await messages.next();
  await messages.next();
  const rest = collect({ [Symbol.asyncIterator]: () => messages });
  await context.close();
  const got = await rest;
  assert.match(
    got.body,
    /^data: \{"error":\{"message":".*shutting down.*"code":"service.shutting_down"\}\}\n\n$/,
  );
  assert.equal(got.outcome, "shutdown");
  await assert.rejects(collect(client.forward(chat(question), callWith())), {
    code: "service.shutting_down",
  });
});
