import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type OpenAI from "openai";
import { postRaw } from "../support/raw-http.ts";
import { answerJson } from "../support/upstream.ts";
import { assertSame, assertSameButUsage, useBoth } from "./both.ts";
import { completing } from "./provider.ts";

const { plane, playBoth } = useBoth();

const model = "gpt-test";
const messages = [{ role: "user" as const, content: "?" }];
const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";

type Parameters = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;
const requests: Readonly<Record<string, Parameters>> = {
  "an image by data and one by address": {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: pixel, detail: "low" } },
          { type: "image_url", image_url: { url: "https://example.com/a.png?b=c&d=%20" } },
        ],
      },
    ],
  },
  "audio in and out": {
    messages: [
      {
        role: "user",
        content: [{ type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } }],
      },
    ],
    modalities: ["text", "audio"],
    audio: { voice: "alloy", format: "wav" },
  },
  "a file": {
    messages: [
      {
        role: "user",
        content: [
          { type: "file", file: { filename: "a.pdf", file_data: "data:;base64,JVBERg==" } },
        ],
      },
    ],
  },
  "a whole conversation with tools": {
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Weather?", name: "ada" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
    ],
  },
  "several choices with log probabilities": {
    ...{ n: 3, seed: -7, logprobs: true, top_logprobs: 5, temperature: 0.1, top_p: 1e-7 },
    ...{ max_completion_tokens: 4_096, presence_penalty: -2, frequency_penalty: 0.5 },
    ...{ stop: ["\n\n", "ENDE\u{1f3c1}"], logit_bias: { "50256": -100 } },
  },
  "reasoning, caching, storing": {
    ...{ reasoning_effort: "high", verbosity: "low", service_tier: "flex", store: true },
    ...{ metadata: { team: "größe" }, prompt_cache_key: "k", safety_identifier: "u" },
    ...{ prediction: { type: "content", content: "maybe" }, web_search_options: {} },
  },
  "nulls and empty values": {
    stop: null,
    stream: null,
    n: null,
    tools: [],
    metadata: {},
  } as Parameters,
};

suite("what the official client sends reaches the upstream", () => {
  for (const [name, parameters] of Object.entries(requests)) {
    test(`${name}: byte for byte`, async () => {
      const both = await playBoth({
        script: () => completing(() => ({ content: "ok" })),
        run: ({ client }) => client.chat.completions.create({ model, messages, ...parameters }),
      });
      assertSame(both);
    });

    test(`${name}, as a stream: byte for byte but for the usage that we ask for`, async () => {
      const both = await playBoth({
        script: () => completing(() => ({ content: "ok" })),
        run: async ({ client }) => {
          const request = { model, messages, ...parameters, stream: true as const };
          return Array.fromAsync(await client.chat.completions.create(request));
        },
      });
      assertSameButUsage(both);
    });
  }

  test("fields that nobody knows, in requests and answers", async () => {
    const body = {
      ...{ model, messages, provider: { order: ["a"] }, transforms: [] },
      ...{ x: { deep: [{ er: [null, 1.5, "\u0000\ud83d\ude42"] }] }, __proto: 1 },
    };
    const both = await playBoth({
      script: () => answerJson(200, { neither: "known", choices: "a text", y: [[[]]] }),
      run: ({ client }) => client.post("/chat/completions", { body }),
    });
    assert.deepEqual(assertSame(both), { neither: "known", choices: "a text", y: [[[]]] });
  });

  test("stream options beside our own stay as they are", async () => {
    const options = { include_usage: true, include_obfuscation: false, x_unknown: 1 };
    const both = await playBoth({
      script: () => completing(() => ({ content: "ok" })),
      run: async ({ client }) => {
        const request = { model, messages, stream: true as const, stream_options: options };
        return Array.fromAsync(await client.chat.completions.create(request));
      },
    });
    assertSame(both);
  });

  test("a provider's own headers of the client, but none of what it measures", async () => {
    const headers = { "OpenAI-Beta": "assistants=v2", "Idempotency-Key": "once" };
    const both = await playBoth({
      script: () => completing(() => ({ content: "ok" })),
      run: ({ client }) => client.chat.completions.create({ model, messages }, { headers }),
    });
    assertSame(both);
    const sent = both.through.requests[0]?.headers ?? {};
    assert.equal(sent["openai-beta"], "assistants=v2");
    assert.equal(sent["idempotency-key"], "once");
    assert.deepEqual(
      Object.keys(sent).filter((name) => name.startsWith("x-")),
      [],
    );
  });

  /** JSON that any reader would write differently: nobody has read and written it in between. */
  const odd = [
    `{ "model" : "${model}" ,\r\n\t"messages":[ ] , "seed":1.0, "top_p":1e-7,"n":1E0 }  \n`,
    `{"x":12345678901234567890123,"y":0.1000000000000000055511151231257827,"model":"${model}"}`,
    `{"model":"gpt\\u002dtest","a":"\\/\\u00e9\\ud83d\\ude42","messages":[],"a":"again"}`,
    `{"messages":[{"content":"\\"stream\\":true,\\"model\\":\\"x\\""}],"model":"${model}","b":-0}`,
  ];
  for (const text of odd) {
    test(`no byte of ${JSON.stringify(text)} changes`, async () => {
      const { issue, router, upstream } = plane();
      const answer = ` {"x":12345678901234567890123, "y" : 1.0,"y":2 }\r\n`;
      upstream.play(answerJson(200, answer));
      const headers = {
        authorization: `Bearer ${(await issue()).secret}`,
        "content-type": "application/json; charset=utf-8",
      };
      const url = `${router.url}/v1/chat/completions`;
      const { body } = await postRaw(url, headers, Buffer.from(text));
      assert.equal(upstream.ledger.at(-1)?.body.toString(), text);
      assert.equal(body.toString(), answer);
    });
  }
});
