import assert from "node:assert/strict";
import { test } from "node:test";
import {
  delta,
  done,
  finish,
  question,
  startStreaming,
  usageChunk,
} from "../../../test/support/streams.ts";
import { answerStream } from "../../../test/support/upstream.ts";

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
  const { ask, upstream } = await startStreaming({ test: t, script: answerStream(chunks) });
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
  const { ask, upstream } = await startStreaming({ test: t, script: answerStream(chunks) });
  const got = await ask({ ...question, stream_options: { include_usage: true } });
  assert.equal(got.body, chunks.join(""));
  assert.equal(got.usage?.inputTokens, 10);
  assert.match(String(upstream.ledger[0]?.body), /"stream_options":\{"include_usage":true\}/);
});

test("a caller's other stream options stay as they are", async (t) => {
  const { ask, upstream } = await startStreaming({ test: t, script: answerStream([done]) });
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
  const { ask, upstream } = await startStreaming({ test: t, script: () => {}, provider: "groq" });
  for (const [name, chunks] of Object.entries(shapes)) {
    upstream.play(answerStream([...chunks, done]));
    const got = await ask();
    assert.deepEqual([got.usage?.inputTokens, got.usage?.outputTokens], [7, 9], name);
    assert.equal(got.body, [...chunks, done].join(""), name);
  }
  upstream.play(answerStream([delta("a"), finish(), done]));
  assert.equal((await ask()).usage, undefined);
});
