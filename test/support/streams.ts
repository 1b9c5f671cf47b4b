import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { OpenAIConfig } from "../../rpc/openai/config.ts";
import { callWith, chat, collect, routeTo, startForwarding } from "./forwarding.ts";
import { startUpstream, type UpstreamScript } from "./upstream.ts";

/** The least that one can ask. */
export const question = { model: "gpt-x", messages: [] };

export const delta = (content: string, more: object = {}) =>
  `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more })}\n\n`;
export const finish = (reason = "stop", more: object = {}) =>
  `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: {}, finish_reason: reason }], ...more })}\n\n`;
export const done = "data: [DONE]\n\n";
export const usage = {
  prompt_tokens: 10,
  completion_tokens: 20,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 2 },
};
export const usageChunk = `data: ${JSON.stringify({ id: "1", choices: [], usage })}\n\n`;

export interface StreamSetup {
  readonly test: Pick<TestContext, "after">;
  readonly script: UpstreamScript;
  readonly provider?: string;
  readonly config?: Partial<OpenAIConfig>;
}

/** An upstream that plays a script, and ways to ask for a stream through the openai service. */
export async function startStreaming({
  test: t,
  script,
  provider = "openai",
  config = {},
}: StreamSetup) {
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
export function errorAtEnd(body: string) {
  const at = body.lastIndexOf('data: {"error":');
  assert.ok(at >= 0, `no error event in ${body}`);
  assert.ok(!body.includes("[DONE]"));
  assert.ok(body.endsWith("\n\n"));
  return { before: body.slice(0, at), error: JSON.parse(body.slice(at + "data: ".length)).error };
}
