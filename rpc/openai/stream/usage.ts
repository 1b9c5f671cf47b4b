import type { Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import { isObject, type JsonObject } from "./json-object.ts";

/**
 * The token counts of a completion or of a chunk, in every known shape: OpenAI's with its details,
 * DeepSeek's `prompt_cache_hit_tokens`, Groq's `x_groq.usage`, OpenRouter's `cache_write_tokens`.
 * Undefined when it holds none.
 */
export function readUsage(message: unknown): Usage | undefined {
  if (!isObject(message)) return undefined;
  const own = message["usage"];
  const usage = isObject(own) ? own : objectAt(objectAt(message, "x_groq"), "usage");
  const input = count(usage, "prompt_tokens") ?? count(usage, "input_tokens");
  const output = count(usage, "completion_tokens") ?? count(usage, "output_tokens");
  if (input === undefined && output === undefined) return undefined;
  const ofInput = objectAt(usage, "prompt_tokens_details");
  const ofOutput = objectAt(usage, "completion_tokens_details");
  const cached = count(ofInput, "cached_tokens") ?? count(usage, "prompt_cache_hit_tokens");
  return {
    $typeName: "apirouter.openai.v1.Usage",
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    cachedInputTokens: cached ?? 0,
    cacheWriteTokens: count(ofInput, "cache_write_tokens") ?? 0,
    reasoningTokens: count(ofOutput, "reasoning_tokens") ?? 0,
    audioInputTokens: count(ofInput, "audio_tokens") ?? 0,
    audioOutputTokens: count(ofOutput, "audio_tokens") ?? 0,
  };
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

/** Undefined for what cannot be a number of tokens. */
function count(parent: JsonObject, key: string): number | undefined {
  const value = parent[key];
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  return value >= 0 && value <= 0xffff_ffff ? value : undefined;
}
