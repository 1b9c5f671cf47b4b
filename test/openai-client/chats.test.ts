import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { assertSame, assertSameButUsage, useBoth } from "./both.ts";
import { completing, type Message, usage } from "./provider.ts";

const { playBoth } = useBoth();

const model = "gpt-test";
const messages = [{ role: "user" as const, content: "Grüße?" }];
const greeting: Message = { content: "Grüße! 🙂 And a line\nor two." };

suite("chats of the official client, with and without us", () => {
  test("a completion, its unknown fields and its text", async () => {
    const both = await playBoth({
      script: () => completing(() => greeting),
      run: ({ client }) => client.chat.completions.create({ model, messages }),
    });
    const seen = assertSame(both);
    assert.equal(seen.choices[0]?.message.content, greeting.content);
    assert.deepEqual(seen.usage, usage);
  });

  test("the bytes of a completion", async () => {
    const both = await playBoth({
      script: () => completing(() => greeting),
      run: async ({ client }) => {
        const response = await client.chat.completions.create({ model, messages }).asResponse();
        return Buffer.from(await response.arrayBuffer()).toString();
      },
    });
    assert.match(assertSame(both), /"x_unknown":\{"kept":true\}/);
  });

  test("a stream's chunks; the usage that we ask for does not show", async () => {
    const both = await playBoth({
      script: () => completing(() => greeting),
      run: ({ client }) => chunksOf(client, {}),
    });
    const seen = assertSameButUsage(both);
    assert.ok(seen.length > 4 && seen.every((chunk) => !("usage" in chunk)));
  });

  for (const include_usage of [true, false]) {
    test(`a stream with include_usage ${include_usage}`, async () => {
      const both = await playBoth({
        script: () => completing(() => greeting),
        run: ({ client }) => chunksOf(client, { stream_options: { include_usage } }),
      });
      assert.deepEqual(both.through.seen, both.direct.seen);
      const last = both.through.seen.at(-1);
      assert.deepEqual(last?.usage, include_usage ? usage : undefined);
      if (include_usage) assertSame(both);
    });
  }

  test("the stream helper: its snapshots, its end and its totals", async () => {
    const both = await playBoth({
      script: () => completing(() => greeting),
      run: async ({ client }) => {
        const contents: string[] = [];
        const stream = client.chat.completions.stream({ model, messages });
        stream.on("content", (_delta, snapshot) => contents.push(snapshot));
        const { choices } = await stream.finalChatCompletion();
        return { contents, choices };
      },
    });
    assert.equal(assertSameButUsage(both).contents.at(-1), greeting.content);
  });
});

const tool = (name: string, run: (args: unknown) => unknown) => ({
  type: "function" as const,
  function: {
    name,
    description: `Says the ${name}.`,
    parameters: { type: "object" as const, properties: { city: { type: "string" } } },
    parse: (text: string): object => JSON.parse(text),
    function: run,
  },
});

/** Two calls at once; when both were answered, the answers themselves. */
const weatherAndTime = completing(({ messages: said }) => {
  const answers = said.filter(({ role }) => role === "tool");
  if (answers.length > 0) return { content: JSON.stringify(answers) };
  return { content: null, tool_calls: ["weather", "time"].map(toolCall) };
});
const toolCall = (name: string) => ({
  id: `call_${name}`,
  type: "function" as const,
  function: { name, arguments: '{"city":"Málaga \\ud83c\\udf1e"}' },
});
const tools = [tool("weather", () => "sunny"), tool("time", () => "noon")];

suite("tools of the official client, with and without us", () => {
  test("parallel tool calls in a completion", async () => {
    const both = await playBoth({
      script: () => weatherAndTime,
      run: ({ client }) =>
        client.chat.completions.create({
          ...{ model, messages, tool_choice: "auto", parallel_tool_calls: true },
          tools: tools.map(({ type, function: { name, parameters } }) => ({
            type,
            function: { name, parameters, strict: true },
          })),
        }),
    });
    const { choices } = assertSame(both);
    assert.deepEqual(choices[0]?.message.tool_calls, ["weather", "time"].map(toolCall));
  });

  test("runTools goes through all its rounds", async () => {
    const both = await playBoth({
      script: () => weatherAndTime,
      run: async ({ client }) => {
        const runner = client.chat.completions.runTools({ model, messages, tools });
        return { text: await runner.finalContent(), messages: runner.messages };
      },
    });
    assert.match(assertSame(both).text ?? "", /sunny.*noon/);
    assert.equal(both.through.requests.length, 2);
  });

  test("runTools goes through all its rounds in streams", async () => {
    const both = await playBoth({
      script: () => weatherAndTime,
      run: async ({ client }) => {
        const request = { model, messages, tools, stream: true as const };
        const runner = client.chat.completions.runTools(request);
        const chunks: unknown[] = [];
        for await (const chunk of runner) chunks.push(chunk);
        return { chunks, text: await runner.finalContent(), messages: runner.messages };
      },
    });
    assert.match(assertSameButUsage(both).text ?? "", /sunny.*noon/);
    assert.equal(both.through.requests.length, 2);
  });
});

const Person = z.object({ name: z.string(), tags: z.array(z.string()) });
const person = { name: "Zoë", tags: ["a", "b"] };
const structured = {
  ...{ model, messages },
  response_format: zodResponseFormat(Person, "person"),
};

suite("structured output of the official client, with and without us", () => {
  test("a parsed completion", async () => {
    const both = await playBoth({
      script: () => completing(() => ({ content: JSON.stringify(person) })),
      run: ({ client }) => client.chat.completions.parse(structured),
    });
    assert.deepEqual(assertSame(both).choices[0]?.message.parsed, person);
  });

  test("a parsed stream", async () => {
    const both = await playBoth({
      script: () => completing(() => ({ content: JSON.stringify(person) })),
      run: async ({ client }) => {
        const completion = await client.chat.completions.stream(structured).finalChatCompletion();
        return completion.choices[0]?.message.parsed;
      },
    });
    assert.deepEqual(assertSameButUsage(both), person);
  });

  test("a refusal", async () => {
    const both = await playBoth({
      script: () => completing(() => ({ content: null, refusal: "No." })),
      run: ({ client }) => client.chat.completions.parse(structured),
    });
    assert.equal(assertSame(both).choices[0]?.message.refusal, "No.");
  });
});

async function chunksOf(
  client: OpenAI,
  options: Partial<OpenAI.ChatCompletionCreateParamsStreaming>,
): Promise<OpenAI.ChatCompletionChunk[]> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  const request = { model, messages, ...options, stream: true as const };
  for await (const chunk of await client.chat.completions.create(request)) chunks.push(chunk);
  return chunks;
}
