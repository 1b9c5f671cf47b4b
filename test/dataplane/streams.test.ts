import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { chatEvent, errorOf, startDataPlane, useDataPlane } from "../support/data-plane.ts";
import { answerJson, answerStream } from "../support/upstream.ts";

const plane = useDataPlane({ limits: { stalledReaderTimeoutMs: 500 } });
const done = "data: [DONE]\n\n";

for (const path of ["/v1", "/v1/openai"]) {
  test(`a chat streams through ${path} event by event`, async () => {
    const { issue, upstream, client } = plane();
    const { secret } = await issue();
    const secondWanted = Promise.withResolvers<void>();
    upstream.play(async ({ head, write, end }) => {
      head(200, { "content-type": "text/event-stream" });
      await write(chatEvent("one"));
      await secondWanted.promise;
      await write(chatEvent("two"));
      await write(done);
      end();
    });
    const stream = await client(secret, path).chat.completions.create({
      model: "gpt-test",
      messages: [],
      stream: true,
    });
    const contents: unknown[] = [];
    for await (const chunk of stream) {
      contents.push(chunk.choices[0]?.delta.content);
      secondWanted.resolve();
    }
    assert.deepEqual(contents, ["one", "two"]);
  });
}

test("a client that leaves a stream has its upstream aborted within 100 ms", async () => {
  const { issue, upstream, chat } = plane();
  const { secret } = await issue();
  const leftAt = Promise.withResolvers<number>();
  const abortedAt = Promise.withResolvers<number>();
  upstream.play(async ({ head, write, aborted }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chatEvent("one"));
    await aborted;
    abortedAt.resolve(performance.now());
  });
  const controller = new AbortController();
  const response = await chat(secret, { stream: true }, { signal: controller.signal });
  await response.body?.getReader().read();
  leftAt.resolve(performance.now());
  controller.abort();
  assert.ok((await abortedAt.promise) - (await leftAt.promise) < 100);
});

test("a client that leaves before any answer has its upstream aborted within 100 ms", async () => {
  const { issue, upstream, chat } = plane();
  const { secret } = await issue();
  const abortedAt = Promise.withResolvers<number>();
  upstream.play(async ({ aborted }) => {
    await aborted;
    abortedAt.resolve(performance.now());
  });
  const controller = new AbortController();
  const seen = upstream.ledger.length;
  const response = chat(secret, {}, { signal: controller.signal });
  response.catch(() => {});
  await upstream.received(seen + 1);
  const leftAt = performance.now();
  controller.abort();
  assert.ok((await abortedAt.promise) - leftAt < 100);
});

test("a slow reader slows the upstream, and is let go when it takes nothing", async () => {
  const { issue, upstream, router } = plane();
  const { secret } = await issue();
  const event = chatEvent("x".repeat(64 * 1024));
  upstream.play(async ({ head, write, response }) => {
    head(200, { "content-type": "text/event-stream" });
    while (!response.destroyed) await write(event);
  });
  const seen = upstream.ledger.length;
  const { hostname, port } = new URL(router.url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  const body = JSON.stringify({ model: "gpt-test", messages: [], stream: true });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${secret}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const entry = await upstream.received(seen + 1);
  while (entry.abortedAt === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  socket.destroy();
  assert.ok(entry.bytesAccepted < 32 * 1024 * 1024, `${entry.bytesAccepted} bytes were taken`);
});

test("an upstream that breaks off a stream ends it with an error event and no [DONE]", async () => {
  const { issue, upstream, chat } = plane();
  const { secret } = await issue();
  upstream.play(async ({ head, write, cut }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chatEvent("one"));
    cut();
  });
  const text = await (await chat(secret, { stream: true })).text();
  const events = text.split("\n\n").filter((event) => event !== "");
  assert.ok(text.includes("one") && !text.includes("[DONE]"));
  const last: { error: { code: string } } = JSON.parse(String(events.at(-1)).replace("data: ", ""));
  assert.equal(last.error.code, "upstream.truncated");
});

test("a stream that runs when the gateway stops ends with an error event", async () => {
  const { issue, upstream, chat, router } = await startDataPlane();
  const { secret } = await issue();
  upstream.play(async ({ head, write, aborted }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chatEvent("one"));
    await aborted;
  });
  const response = await chat(secret, { stream: true });
  const text = response.text();
  await router.stop();
  await upstream.close();
  assert.match(await text, /one.*"code":"service.shutting_down".*\n\n$/s);
});

test("a stream that ends while the gateway drains is whole, and the last of its connection", async () => {
  const { issue, upstream, chat, router } = await startDataPlane({
    gateway: { drainAcceptMs: 50, drainStreamsMs: 5_000 },
  });
  const { secret } = await issue();
  const stopping = Promise.withResolvers<void>();
  upstream.play(async ({ head, write, end }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chatEvent("one"));
    await stopping.promise;
    await write(chatEvent("two"));
    await write(done);
    end();
  });
  const response = await chat(secret, { stream: true });
  const stopped = router.stop();
  const unready = await fetch(`${router.url}/readyz`);
  assert.equal(unready.status, 503);
  assert.equal(unready.headers.get("connection"), "close");
  stopping.resolve();
  const text = await response.text();
  await stopped;
  await upstream.close();
  assert.ok(text.includes("two") && text.endsWith(done));
});

test("an answer's head and body pass as they are; ours is the request id", async () => {
  const { issue, upstream, chat } = plane();
  const { secret } = await issue();
  const body = '{ "id":"x",  "unknown": 1.0 }';
  const headers = {
    "x-request-id": "req_up",
    "x-ratelimit-remaining-requests": "7",
    "set-cookie": "a=b",
  };
  upstream.play(answerJson(200, body, headers));
  const response = await chat(secret);
  assert.equal(await response.text(), body);
  assert.equal(response.headers.get("x-upstream-request-id"), "req_up");
  assert.match(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(response.headers.get("x-ratelimit-remaining-requests"), "7");
  assert.equal(response.headers.get("set-cookie"), null);
});

test("no secret or address of the caller reaches the upstream", async () => {
  const { issue, upstream, router } = plane();
  const { secret } = await issue();
  upstream.play(answerStream([done]));
  const seen = upstream.ledger.length;
  await fetch(`${router.url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "x-api-key": secret,
      cookie: "session=1",
      "x-forwarded-for": "10.1.2.3",
      "openai-beta": "assistants=v2",
    },
    body: Buffer.from(JSON.stringify({ model: "gpt-test", messages: [] })),
  });
  const entry = await upstream.received(seen + 1);
  const sent = JSON.stringify(entry.headers);
  assert.ok(!sent.includes(secret) && !sent.includes("session=1") && !sent.includes("10.1.2.3"));
  assert.equal(entry.headers["openai-beta"], "assistants=v2");
  assert.equal(entry.headers["authorization"], "Bearer upstream-credential");
});

const refusals: readonly [name: string, init: RequestInit, status: number, param: string | null][] =
  [
    ["no model", { body: "{}" }, 400, "model"],
    ["a model that is no text", { body: '{"model":1}' }, 400, "model"],
    ["a model named twice", { body: '{"model":"gpt-test","model":"other"}' }, 400, "model"],
    ["a stream that is no boolean", { body: '{"model":"gpt-test","stream":"yes"}' }, 400, "stream"],
    ["no body", { body: "" }, 400, null],
    ["no JSON", { body: "{" }, 400, null],
    ["a list", { body: "[]" }, 400, null],
    [
      "too deep JSON",
      { body: `{"model":"gpt-test","a":${"[".repeat(200)}${"]".repeat(200)}}` },
      400,
      null,
    ],
    [
      "a form",
      { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
      415,
      null,
    ],
    ["a compressed body", { body: "{}", headers: { "content-encoding": "gzip" } }, 415, null],
  ];
for (const [name, init, status, param] of refusals) {
  test(`${name}: ${status} in OpenAI's shape`, async () => {
    const { issue, router } = plane();
    const { secret } = await issue();
    const response = await fetch(`${router.url}/v1/chat/completions`, {
      method: "POST",
      ...init,
      headers: {
        authorization: `Bearer ${secret}`,
        "content-type": "application/json",
        ...(init.headers as Record<string, string>),
      },
    });
    assert.equal(response.status, status);
    const error = await errorOf(response);
    assert.equal(error.type, "invalid_request_error");
    assert.equal(error.param, param);
  });
}

test("a null stream is no stream", async () => {
  const { issue, upstream, chat } = plane();
  upstream.play(answerJson(200, { ok: true }));
  const response = await chat((await issue()).secret, { stream: null });
  assert.deepEqual(await response.json(), { ok: true });
});
