import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import OpenAI from "openai";
import { routeTo, serveForwarding, startForwarding } from "../../../test/support/forwarding.ts";
import {
  answerJson,
  answerStream,
  startUpstream,
  type UpstreamScript,
} from "../../../test/support/upstream.ts";
import type { OpenAIConfig } from "../config.ts";

/** The official client, once at the upstream itself and once through us. */
async function start(
  test: TestContext,
  script: UpstreamScript,
  config: Partial<OpenAIConfig> = {},
) {
  const upstream = await startUpstream(script, test);
  const forwarding = await startForwarding({
    test,
    routes: [routeTo(upstream.baseUrl)],
    config,
  });
  const options = { apiKey: "any", maxRetries: 0 };
  const direct = new OpenAI({ ...options, baseURL: upstream.baseUrl });
  const through = new OpenAI({ ...options, baseURL: await serveForwarding(forwarding, test) });
  return { upstream, direct, through };
}

const question = { model: "m", messages: [{ role: "user" as const, content: "?" }] };

const streamed = async (client: OpenAI) => {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  const stream = await client.chat.completions.create({ ...question, stream: true });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

test("the official client sees through us what it sees without us", async (t) => {
  const chunks = [
    'data: {"id":"1","choices":[{"index":0,"delta":{"content":"naïve "}}],"x":{"y":1}}\n\n',
    ': comment\r\n\r\ndata: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\r\n\r\n',
    "data: [DONE]\n\n",
  ];
  const { direct, through } = await start(t, answerStream(chunks));
  const got = await streamed(through);
  assert.equal(got.length, 2);
  assert.deepEqual(got, await streamed(direct));
});

test("a completion in place of a stream reads as a stream", async (t) => {
  const completion = {
    ...{ id: "1", object: "chat.completion", created: 1, model: "m" },
    choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  };
  const { through } = await start(t, answerJson(200, completion));
  const [first, second] = await streamed(through);
  assert.equal(first?.choices[0]?.delta.content, "hi");
  assert.equal(second?.choices[0]?.finish_reason, "stop");
});

test("each error status raises the same exception as at the provider, also for a stream", async (t) => {
  const { direct, through, upstream } = await start(t, () => {});
  const outcome = async (client: OpenAI, stream: boolean) => {
    try {
      await client.chat.completions.create({ ...question, stream });
    } catch (error) {
      assert.ok(error instanceof OpenAI.APIError);
      const { name, status, code, param, type, message } = error;
      return [error.constructor.name, name, status, code, param, type, message];
    }
    return assert.fail("nothing was raised");
  };
  for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504]) {
    const error = { message: "because", type: "t", param: "messages", code: `code_${status}` };
    upstream.play(answerJson(status, { error }));
    for (const stream of [false, true]) {
      assert.deepEqual(await outcome(through, stream), await outcome(direct, stream));
    }
  }
});

test("the official client skips heartbeats, and raises what comes after them", async (t) => {
  const beaten = Promise.withResolvers<void>();
  setTimeout(beaten.resolve, 50);
  const refusal = answerJson(429, { error: { message: "slow down", code: "rl" } });
  const script: UpstreamScript = async (answer, entry) => {
    await beaten.promise;
    await refusal(answer, entry);
  };
  const { through } = await start(t, script, { heartbeatIntervalMs: 5 });
  await assert.rejects(streamed(through), (error) => {
    return error instanceof OpenAI.APIError && /slow down/.test(error.message);
  });
});

test("a stream that is cut off raises an error instead of looking complete", async (t) => {
  const { through } = await start(t, async ({ head, write, cut }) => {
    head(200, { "content-type": "text/event-stream" });
    await write('data: {"id":"1","choices":[]}\n\ndata: {"id":');
    cut();
  });
  await assert.rejects(streamed(through), /broke off/);
});
