import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, upstreamCredential } from "../../../test/support/forwarding.ts";
import { delta, done, errorAtEnd, startStreaming } from "../../../test/support/streams.ts";
import { answerJson, type UpstreamScript } from "../../../test/support/upstream.ts";

test("heartbeats keep a stream alive before the upstream's headers and between its events", async (t) => {
  const beats = Promise.withResolvers<void>();
  const more = Promise.withResolvers<void>();
  const { stream } = await startStreaming({
    test: t,
    script: async ({ head, write, end }) => {
      await beats.promise;
      head(200, { "content-type": "text/event-stream" });
      await write(delta("a") + delta("b").slice(0, 9));
      await more.promise;
      await write(delta("b").slice(9) + done);
      end();
    },
    provider: "groq",
    config: { heartbeatIntervalMs: 5 },
  });
  const messages = stream();
  const next = async () => Buffer.from((await messages.next()).value.event.value).toString();
  const head = (await messages.next()).value.event.value;
  assert.equal(head.status, 200);
  assert.ok(head.headers.some(({ value }: { value: string }) => /^text\/event-stream/.test(value)));
  for (let beat = 0; beat < 3; beat += 1) assert.equal(await next(), ": keep-alive\n\n");
  beats.resolve();
  let text = "";
  while (!text.includes(delta("a"))) text += await next();
  for (let beat = 0; beat < 3; beat += 1) assert.equal(await next(), ": keep-alive\n\n");
  more.resolve();
  while (!text.includes(done)) text += await next();
  assert.equal(text.replaceAll(": keep-alive\n\n", ""), delta("a") + delta("b") + done);
  await messages.return?.();
});

test("a refusal that comes after heartbeats is told as an error event", async (t) => {
  const cases: [UpstreamScript, RegExp][] = [
    [answerJson(429, { error: { message: "slow down", code: "rl" } }), /slow down/],
    [answerJson(401, { error: { message: `bad key ${upstreamCredential}` } }), /bad key \*\*\*/],
    [answerJson(503, "<html>"), /answered 503/],
    [answerJson(302, "", { location: "http://127.0.0.1/" }), /redirect/],
    [({ cut }) => cut(), /closed the connection/],
  ];
  for (const [script, message] of cases) {
    const beats = Promise.withResolvers<void>();
    const { stream } = await startStreaming({
      test: t,
      script: async (answer, entry) => {
        await beats.promise;
        await script(answer, entry);
      },
      config: { heartbeatIntervalMs: 5 },
    });
    const messages = stream();
    await messages.next();
    await messages.next();
    beats.resolve();
    const got = await collect({ [Symbol.asyncIterator]: () => messages });
    const { before, error } = errorAtEnd(got.body);
    assert.match(error.message, message);
    assert.equal(before.replaceAll(": keep-alive\n\n", ""), "");
    assert.equal(got.outcome, "upstream_error");
  }
});
