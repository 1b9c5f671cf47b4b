import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { chatEvent, doneEvent } from "../../support/openai.ts";
import { until } from "../../support/until.ts";
import { answerJson, answerStream } from "../../support/upstream.ts";
import type { Contract } from "../contract.ts";

const tool = {
  type: "function" as const,
  function: { name: "weather", parameters: { type: "object", properties: {} } },
};
const toolCall = {
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: '{"city":"Paris"}' },
};
const completion = (message: object, finish_reason: string) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-test",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
});
const messages = [{ role: "user" as const, content: "Hello" }];

const answering: Contract = (plane) =>
  suite("the official client", () => {
    test("gets a plain answer with its usage", async () => {
      const { issue, upstream, client, urls } = plane();
      upstream.play(answerJson(200, completion({ content: "Hi" }, "stop")));
      const { secret } = await issue();
      for (const _ of urls) {
        const openai = client(secret);
        const answer = await openai.chat.completions.create({ model: "gpt-test", messages });
        assert.equal(answer.choices[0]?.message.content, "Hi");
        assert.equal(answer.usage?.total_tokens, 8);
      }
    });

    test("gets a stream, and the usage only when it asks for it", async () => {
      const { issue, upstream, client } = plane();
      const { choices: _choices, ...rest } = completion({}, "stop");
      const usage = `data: ${JSON.stringify({ ...rest, choices: [] })}\n\n`;
      upstream.play(answerStream([chatEvent("Hi"), chatEvent("!"), usage, doneEvent]));
      const openai = client((await issue()).secret);
      for (const include_usage of [false, true]) {
        const stream = await openai.chat.completions.create({
          model: "gpt-test",
          messages,
          stream: true,
          stream_options: { include_usage },
        });
        const chunks = await Array.fromAsync(stream);
        const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
        assert.equal(text, "Hi!");
        assert.equal(chunks.at(-1)?.usage?.total_tokens, include_usage ? 8 : undefined);
      }
    });

    test("calls tools: what it sends and what it gets passes unchanged", async () => {
      const { issue, upstream, client } = plane();
      const message = { content: null, tool_calls: [toolCall] };
      upstream.play(answerJson(200, completion(message, "tool_calls")));
      const openai = client((await issue()).secret);
      const request = { model: "gpt-test", messages, tools: [tool], parallel_tool_calls: true };
      const answer = await openai.chat.completions.create(request);
      assert.deepEqual(answer.choices[0]?.message.tool_calls, [toolCall]);
      assert.deepEqual(JSON.parse(String(upstream.ledger.at(-1)?.body)), request);
    });
  });

const logging: Contract = (plane) =>
  suite("the logs", () => {
    test("a request's id goes through the logs, with key, model, channel and tokens", async () => {
      const { issue, upstream, chat, logLines } = plane();
      upstream.play(answerJson(200, completion({ content: "Hi" }, "stop")));
      const { id, secret } = await issue();
      const requestId = `test-${crypto.randomUUID()}`;
      const headers = {
        authorization: `Bearer ${secret}`,
        "content-type": "application/json",
        "x-request-id": requestId,
      };
      const response = await chat(secret, {}, { headers });
      assert.equal(response.headers.get("x-request-id"), requestId);
      await response.text();
      const lines = await until("logged", () => logLines(requestId), {
        holds: (found) => found.some(({ route }) => route === "/v1/chat/completions"),
      });
      for (const line of lines) assert.equal(line["requestId"], requestId);
      const access = lines.find(({ route }) => route === "/v1/chat/completions") ?? {};
      assert.deepEqual(
        [access["keyId"], access["model"], access["inputTokens"], access["outputTokens"]],
        [id, "gpt-test", 3, 5],
      );
      assert.equal(access["outcome"], "ok");
      assert.ok(access["channelId"]);
    });

    test("no secret, prompt or answer is in any of them", async () => {
      const { issue, upstream, chat, logLines } = plane();
      const { secret } = await issue();
      upstream.play(answerJson(500, { error: { message: "canary-answer" } }));
      const body = { messages: [{ role: "user", content: "canary-prompt" }] };
      await (await chat(secret, body)).text();
      await (await chat(secret, { ...body, stream: true })).text();
      for (const canary of [secret, "canary-prompt", "canary-answer", "upstream-credential"]) {
        assert.deepEqual(logLines(canary), []);
      }
    });
  });

export const chat: readonly Contract[] = [answering, logging];
