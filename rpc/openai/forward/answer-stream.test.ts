import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callWith,
  chat,
  collect,
  routeTo,
  startForwarding,
  upstreamCredential,
} from "../../../test/support/forwarding.ts";
import {
  answerJson,
  answerStream,
  startUpstream,
  type UpstreamScript,
} from "../../../test/support/upstream.ts";
import type { OpenAIConfig } from "../config.ts";

const question = { model: "gpt-x", messages: [] };

const delta = (content: string, more: object = {}) =>
  `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more })}\n\n`;
const finish = (reason = "stop", more: object = {}) =>
  `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: {}, finish_reason: reason }], ...more })}\n\n`;
const done = "data: [DONE]\n\n";
const usage = {
  prompt_tokens: 10,
  completion_tokens: 20,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 2 },
};
const usageChunk = `data: ${JSON.stringify({ id: "1", choices: [], usage })}\n\n`;

interface Setup {
  readonly test: import("node:test").TestContext;
  readonly script: UpstreamScript;
  readonly provider?: string;
  readonly config?: Partial<OpenAIConfig>;
}

async function start({ test: t, script, provider = "openai", config = {} }: Setup) {
  const upstream = await startUpstream(script, t);
  const routes = [routeTo(upstream.baseUrl, { provider })];
  const { client } = await startForwarding({ test: t, routes, config });
  return {
    upstream,
    ask: (body: object = question) => collect(client.forward(chat(body, true), callWith())),
    stream: (signal?: AbortSignal) =>
      client.forward(chat(question, true), callWith(signal))[Symbol.asyncIterator](),
  };
}

/** The one error event that ends a stream, and what stands before it. */
function errorAtEnd(body: string) {
  const at = body.lastIndexOf('data: {"error":');
  assert.ok(at >= 0, `no error event in ${body}`);
  assert.ok(!body.includes("[DONE]"));
  assert.ok(body.endsWith("\n\n"));
  return { before: body.slice(0, at), error: JSON.parse(body.slice(at + "data: ".length)).error };
}

test("whatever an upstream streams arrives byte for byte, cut wherever it may be", async (t) => {
  const text = [
    "\ufeff: comment\n\n",
    'event: x\r\nid: 1\r\ndata: {"choices":[{"delta":{"content":"naïve 🙂"}}]}\r\n\r\n',
    'data: {"choices":[],\rdata: "more":1}\r\r',
    finish(),
    done,
  ].join("");
  const bytes = Buffer.from(text);
  const { ask, upstream } = await start({ test: t, script: () => {}, provider: "groq" });
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
  const { stream } = await start({
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

test("usage is asked for in the caller's place, and its traces are removed", async (t) => {
  const chunks = [
    delta("a", { usage: null }),
    delta('says "usage":null', { usage: null, obfuscation: "abc}" }),
    `data: {"usage":null,"id":"1","choices":[{"usage":null}]}\n\n`,
    `data: {"id":"1" , "usage" : null}\r\n\r\n`,
    finish("stop", { usage: null, obfuscation: "x" }),
    usageChunk,
    done,
  ];
  const { ask, upstream } = await start({ test: t, script: answerStream(chunks) });
  const got = await ask();
  assert.equal(
    upstream.ledger[0]?.body.toString(),
    '{"stream_options":{"include_usage":true},"model":"gpt-x","messages":[],"stream":true}',
  );
  assert.equal(
    got.body,
    [
      delta("a"),
      delta('says "usage":null', { obfuscation: "abc}" }),
      `data: {"id":"1","choices":[{"usage":null}]}\n\n`,
      `data: {"id":"1" }\r\n\r\n`,
      finish("stop", { obfuscation: "x" }),
      done,
    ].join(""),
  );
  const { $typeName: _, ...counts } = got.usage!;
  assert.deepEqual(counts, {
    inputTokens: 10,
    outputTokens: 20,
    cachedInputTokens: 4,
    cacheWriteTokens: 0,
    reasoningTokens: 5,
    audioInputTokens: 1,
    audioOutputTokens: 2,
  });
});

test("a caller that asked for usage gets every byte of it", async (t) => {
  const chunks = [delta("a", { usage: null }), usageChunk, done];
  const { ask, upstream } = await start({ test: t, script: answerStream(chunks) });
  const got = await ask({ ...question, stream_options: { include_usage: true } });
  assert.equal(got.body, chunks.join(""));
  assert.equal(got.usage?.inputTokens, 10);
  assert.match(String(upstream.ledger[0]?.body), /"stream_options":\{"include_usage":true\}/);
});

test("a caller's other stream options stay as they are", async (t) => {
  const { ask, upstream } = await start({ test: t, script: answerStream([done]) });
  const sent = async (stream_options: unknown) => {
    await ask({ ...question, stream_options });
    return JSON.parse(String(upstream.ledger.at(-1)?.body)).stream_options;
  };
  assert.deepEqual(await sent(null), { include_usage: true });
  assert.deepEqual(await sent({}), { include_usage: true });
  assert.deepEqual(await sent({ é: 1, include_usage: false }), { é: 1, include_usage: true });
  assert.deepEqual(await sent({ include_obfuscation: false }), {
    include_usage: true,
    include_obfuscation: false,
  });
  assert.deepEqual(await sent("wrong"), "wrong");
});

test("usage is found in every known shape", async (t) => {
  const counts = { prompt_tokens: 7, completion_tokens: 9 };
  const early = { prompt_tokens: 7, completion_tokens: 1 };
  const shapes: Record<string, string[]> = {
    "a last chunk without choices": [
      delta("a"),
      `data: {"choices":[],"usage":${JSON.stringify(counts)}}\n\n`,
    ],
    "the last chunk with choices": [delta("a"), finish("stop", { usage: counts })],
    "every chunk, adding up": [delta("a", { usage: early }), finish("stop", { usage: counts })],
    "null on the others": [
      delta("a", { usage: null }),
      finish("stop", { usage: counts }),
      delta("", { usage: null }),
    ],
    x_groq: [delta("a"), finish("stop", { x_groq: { id: "r", usage: counts } })],
    "beside other usages": [
      finish("stop", { usage_breakdown: { models: [{ usage: early }] }, usage: counts }),
    ],
  };
  const { ask, upstream } = await start({ test: t, script: () => {}, provider: "groq" });
  for (const [name, chunks] of Object.entries(shapes)) {
    upstream.play(answerStream([...chunks, done]));
    const got = await ask();
    assert.deepEqual([got.usage?.inputTokens, got.usage?.outputTokens], [7, 9], name);
    assert.equal(got.body, [...chunks, done].join(""), name);
  }
  upstream.play(answerStream([delta("a"), finish(), done]));
  assert.equal((await ask()).usage, undefined);
});

test("a stream cut off at any byte ends in an error event, after whole events only", async (t) => {
  const whole = delta("a") + delta("b") + finish();
  const { ask, upstream } = await start({ test: t, script: () => {} });
  for (const ending of ["cut", "end"] as const) {
    for (let length = 1; length <= whole.length; length += 3) {
      upstream.play(async (answer) => {
        answer.head(200, { "content-type": "text/event-stream" });
        await answer.write(whole.slice(0, length));
        answer[ending]();
      });
      const got = await ask();
      const { before, error } = errorAtEnd(got.body);
      assert.ok(whole.startsWith(before) && /^(data: .*\n\n)*$/.test(before), before);
      assert.equal(error.code, "upstream.truncated");
      assert.equal(error.type, "server_error");
      assert.equal(got.outcome, "upstream_truncated");
    }
  }
});

test("where a dialect need not say [DONE], a stream that finished is whole and another is not", async (t) => {
  const { ask, upstream } = await start({
    test: t,
    script: answerStream([delta("a"), finish()]),
    provider: "openai-compatible",
  });
  assert.deepEqual((await ask()).outcome, "ok");
  upstream.play(answerStream([delta("a")]));
  assert.deepEqual((await ask()).outcome, "upstream_truncated");
});

test("a last event without its blank line passes when it is whole", async (t) => {
  for (const last of ["data: [DONE]", "data: [DONE]\n", "data: [DONE]\r\n"]) {
    const { ask } = await start({ test: t, script: answerStream([finish(), last]) });
    const got = await ask();
    assert.deepEqual([got.body, got.outcome], [finish() + last, "ok"]);
  }
});

test("an upstream's own error event passes and gets no second one", async (t) => {
  const failure = 'event: error\ndata: {"error":{"message":"tool_use_failed"}}\n\n';
  const { ask } = await start({ test: t, script: answerStream([delta("a"), failure]) });
  const got = await ask();
  assert.deepEqual([got.body, got.outcome], [delta("a") + failure, "upstream_error"]);
});

test("heartbeats keep a stream alive before the upstream's headers and between its events", async (t) => {
  const beats = Promise.withResolvers<void>();
  const more = Promise.withResolvers<void>();
  const { stream } = await start({
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
    const { stream } = await start({
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

test("an upstream that is silent for too long, or takes too long, is a timeout", async (t) => {
  const script: UpstreamScript = async ({ head, write }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(delta("a"));
  };
  const settings = [{ idleTimeoutMs: 40 }, { totalTimeoutMs: 60, heartbeatIntervalMs: 5 }];
  for (const config of settings) {
    const { ask, upstream } = await start({ test: t, script, config });
    const got = await ask();
    const { error } = errorAtEnd(got.body);
    assert.deepEqual([error.code, got.outcome], ["upstream.timeout", "upstream_timeout"]);
    assert.equal(upstream.ledger.length, 1);
  }
  const config = { firstByteTimeoutMs: 40, heartbeatIntervalMs: 5 };
  const { ask } = await start({ test: t, script: () => {}, config });
  assert.equal((await ask()).outcome, "upstream_timeout");
});

test("an event too long to hold flows on in parts, and a failure still ends in a clean event", async (t) => {
  const long = delta("x".repeat(500));
  const config = { eventHoldBytesMax: 100 };
  const { ask, upstream } = await start({
    test: t,
    script: answerStream([long, delta("b"), done]),
    provider: "groq",
    config,
  });
  assert.equal((await ask()).body, long + delta("b") + done);
  upstream.play(async ({ head, write, cut }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(long.slice(0, 300));
    cut();
  });
  const { before } = errorAtEnd((await ask()).body);
  assert.equal(before, `${long.slice(0, 300)}\n\n`);
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
  const { ask } = await start({ test: t, script: answerJson(200, completion) });
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
  const { ask, upstream } = await start({ test: t, script: answerJson(200, { ok: true }) });
  await assert.rejects(ask(), { code: "upstream.bad_response" });
  upstream.play(answerJson(200, { error: { message: "odd" } }));
  const got = await ask();
  assert.deepEqual([got.outcome, errorAtEnd(got.body).error.message], ["upstream_error", "odd"]);
});
