import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import OpenAI from "openai";
import { serveForwarding, startForwarding } from "../../../test/support/forwarding.ts";

async function start(test: TestContext) {
  const routes = [{ channelId: "demo", provider: "demo", anyName: true }];
  const baseURL = await serveForwarding(await startForwarding({ test, routes }), test);
  return new OpenAI({ baseURL, apiKey: "any", maxRetries: 0 });
}

const ask = (content: string) => ({
  model: "demo-fast",
  messages: [{ role: "user" as const, content }],
});

const tool = (name: string, properties: object) => ({
  type: "function" as const,
  function: { name, parameters: { type: "object", properties } },
});
const weather = tool("get_weather", { city: { type: "string" }, days: { type: "integer" } });
const time = tool("get_time", { zone: { enum: ["UTC"] } });

test("the demo model answers plainly and streams the same", async (t) => {
  const client = await start(t);
  const plain = await client.chat.completions.create(ask("hello"));
  const [choice] = plain.choices;
  assert.match(choice?.message.content ?? "", /^You said: "hello"/);
  assert.equal(choice?.finish_reason, "stop");
  assert.ok(plain.usage && plain.usage.completion_tokens > 10);
  const stream = client.chat.completions.stream({
    ...ask("hello"),
    stream_options: { include_usage: true },
  });
  const whole = await stream.finalChatCompletion();
  assert.equal(whole.choices[0]?.message.content, choice?.message.content);
  assert.deepEqual(whole.usage, plain.usage);
});

test("the demo model gives several choices, and stops where it is told", async (t) => {
  const client = await start(t);
  const several = await client.chat.completions.create({ ...ask("hello"), n: 3 });
  assert.equal(several.choices.length, 3);
  const short = await client.chat.completions.create({ ...ask("hello"), max_tokens: 3 });
  assert.deepEqual(
    [short.choices[0]?.message.content, short.choices[0]?.finish_reason],
    ['You said: "hello".', "length"],
  );
  const stopped = await client.chat.completions.create({ ...ask("hello"), stop: ["hel"] });
  assert.deepEqual(
    [stopped.choices[0]?.message.content, stopped.choices[0]?.finish_reason],
    ['You said: "', "stop"],
  );
});

test("the demo model calls the tools that the question names, and answers with what they say", async (t) => {
  const client = await start(t);
  const question = ask("Please get weather and get_time");
  const tools = [weather, time];
  const plain = await client.chat.completions.create({ ...question, tools });
  const calls = plain.choices[0]?.message.tool_calls ?? [];
  assert.deepEqual(
    calls.map((call) => call.type === "function" && [call.function.name, call.function.arguments]),
    [
      ["get_weather", '{"city":"demo city","days":1}'],
      ["get_time", '{"zone":"UTC"}'],
    ],
  );
  assert.equal(plain.choices[0]?.finish_reason, "tool_calls");
  const streamed = await client.chat.completions
    .stream({ ...question, tools })
    .finalChatCompletion();
  assert.deepEqual(
    (streamed.choices[0]?.message.tool_calls ?? []).map(
      (call) => call.type === "function" && call.function.arguments,
    ),
    ['{"city":"demo city","days":1}', '{"zone":"UTC"}'],
  );
  const [first] = calls;
  assert.ok(first);
  const answered = await client.chat.completions.create({
    model: "demo-fast",
    tools,
    messages: [
      ...question.messages,
      { role: "assistant", tool_calls: calls },
      { role: "tool", tool_call_id: first.id, content: "sunny" },
    ],
  });
  assert.equal(answered.choices[0]?.message.content, "The tool answered: sunny");
  const none = await client.chat.completions.create({ ...question, tools, tool_choice: "none" });
  assert.equal(none.choices[0]?.message.tool_calls, undefined);
});

test("the demo model gives structured output", async (t) => {
  const client = await start(t);
  const schema = {
    type: "object",
    properties: {
      title: { type: "string" },
      tags: { type: "array", items: { enum: ["a", "b"] } },
      inner: { anyOf: [{ type: "object", properties: { ok: { type: "boolean" } } }] },
      more: { type: ["null", "string"] },
    },
  };
  const response_format = { type: "json_schema" as const, json_schema: { name: "x", schema } };
  const got = await client.chat.completions.parse({ ...ask("hello"), response_format });
  assert.deepEqual(JSON.parse(got.choices[0]?.message.content ?? ""), {
    title: "demo title",
    tags: ["a"],
    inner: { ok: true },
    more: null,
  });
  const object = { ...ask("hello"), response_format: { type: "json_object" as const } };
  const json = await client.chat.completions.create(object);
  assert.deepEqual(JSON.parse(json.choices[0]?.message.content ?? ""), { answer: "hello" });
});

test("the demo model fails on request, each time as the official client expects it", async (t) => {
  const client = await start(t);
  const classes = [
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
  ] as const;
  for (const [status, errorClass] of classes) {
    for (const stream of [false, true]) {
      const asking = client.chat.completions.create({ ...ask(`fail ${status}`), stream });
      await assert.rejects(asking, errorClass);
    }
  }
  await assert.rejects(
    client.chat.completions.create({ model: "demo-x", messages: [] }),
    OpenAI.BadRequestError,
  );
  await assert.rejects(
    client.chat.completions.create({ ...ask("hello"), model: "demo-x" }),
    OpenAI.NotFoundError,
  );
});

test("a stream that breaks off raises an error and loses nothing that came before", async (t) => {
  const client = await start(t);
  const stream = await client.chat.completions.create({ ...ask("fail midstream"), stream: true });
  let text = "";
  await assert.rejects(async () => {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  }, OpenAI.APIError);
  assert.match(text, /^You said/);
  await assert.rejects(client.chat.completions.create(ask("fail midstream")), /broke off/);
});

test("a caller that leaves a slow answer is let go at once", async (t) => {
  const client = await start(t);
  const leaving = new AbortController();
  const asking = client.chat.completions.create(ask("slow 60"), { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 20);
  await assert.rejects(asking, OpenAI.APIUserAbortError);
});
