import assert from "node:assert/strict";
import { test } from "node:test";
import {
  delta,
  done,
  errorAtEnd,
  finish,
  question,
  startStreaming,
  usage,
} from "../../../test/support/streams.ts";
import { answerJson, answerStream } from "../../../test/support/upstream.ts";

test("whatever an upstream streams arrives byte for byte, cut wherever it may be", async (t) => {
  const text = [
    "\ufeff: comment\n\n",
    'event: x\r\nid: 1\r\ndata: {"choices":[{"delta":{"content":"naïve 🙂"}}]}\r\n\r\n',
    'data: {"choices":[],\rdata: "more":1}\r\r',
    finish(),
    done,
  ].join("");
  const bytes = Buffer.from(text);
  const { ask, upstream } = await startStreaming({ test: t, script: () => {}, provider: "groq" });
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((part) => part.length > 0);
    upstream.play(answerStream(parts));
    const got = await ask();
    assert.equal(got.body, text, `cut at ${cut}`);
    assert.equal(got.outcome, "ok");
  }
});

test("each event leaves as soon as its last byte has come", async (t) => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  const { stream } = await startStreaming({
    test: t,
    script: async ({ head, write, end }) => {
      head(200, { "content-type": "text/event-stream" });
      await write(delta("a") + delta("half").slice(0, 20));
      await mayGoOn;
      await write(delta("half").slice(20) + done);
      end();
    },
    provider: "groq",
  });
  const messages = stream();
  assert.equal((await messages.next()).value.event.case, "head");
  assert.equal(Buffer.from((await messages.next()).value.event.value).toString(), delta("a"));
  goOn();
  assert.equal(
    Buffer.from((await messages.next()).value.event.value).toString(),
    delta("half") + done,
  );
  await messages.return?.();
});

test("a completion that comes to a stream request becomes the stream that was asked for", async (t) => {
  const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
  const completion = {
    ...{ id: "1", object: "chat.completion", created: 1, model: "x", system_fingerprint: "fp" },
    choices: [
      { index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" },
      {
        index: 1,
        message: { role: "assistant", content: null, tool_calls: [call, call] },
        finish_reason: "tool_calls",
      },
    ],
    usage,
  };
  const { ask } = await startStreaming({ test: t, script: answerJson(200, completion) });
  const got = await ask();
  assert.match(got.headers["content-type"] ?? "", /^text\/event-stream/);
  assert.equal(got.usage?.outputTokens, 20);
  const events = got.body
    .trimEnd()
    .split("\n\n")
    .map((event) => event.slice("data: ".length));
  assert.equal(events.pop(), "[DONE]");
  const [first, second, ...others] = events.map((event) => JSON.parse(event));
  assert.equal(others.length, 0);
  assert.deepEqual([first.object, first.system_fingerprint], ["chat.completion.chunk", "fp"]);
  assert.deepEqual(first.choices[0].delta, { role: "assistant", content: "hi" });
  assert.deepEqual(
    first.choices[1].delta.tool_calls.map(({ index }: { index: number }) => index),
    [0, 1],
  );
  assert.deepEqual(
    second.choices.map(({ finish_reason }: { finish_reason: string }) => finish_reason),
    ["stop", "tool_calls"],
  );
  const asked = await ask({ ...question, stream_options: { include_usage: true } });
  assert.match(asked.body, /"choices":\[\],"usage":\{/);
});

test("what is neither a stream nor a completion is no stream", async (t) => {
  const { ask, upstream } = await startStreaming({
    test: t,
    script: answerJson(200, { ok: true }),
  });
  await assert.rejects(ask(), { code: "upstream.bad_response" });
  upstream.play(answerJson(200, { error: { message: "odd" } }));
  const got = await ask();
  assert.deepEqual([got.outcome, errorAtEnd(got.body).error.message], ["upstream_error", "odd"]);
});
