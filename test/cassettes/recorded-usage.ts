import { z } from "zod";
import type { Exchange } from "../support/cassettes.ts";

const tokens = z.int().nullish();
const Counts = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z.object({ cached_tokens: tokens }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: tokens }).nullish(),
});
const Message = z.object({
  usage: Counts.nullish(),
  x_groq: z.object({ usage: Counts.nullish() }).nullish(),
});

/** The token counts that the provider itself reported, under the names of the access log. */
export function recordedUsage(exchange: Exchange) {
  const counts = jsonOf(exchange)
    .map((json) => Message.safeParse(json).data)
    .map((message) => message?.usage ?? message?.x_groq?.usage)
    .findLast((usage) => usage);
  return {
    inputTokens: counts && (counts.prompt_tokens ?? 0),
    outputTokens: counts && (counts.completion_tokens ?? 0),
    cachedInputTokens: counts && (counts.prompt_tokens_details?.cached_tokens ?? 0),
    reasoningTokens: counts && (counts.completion_tokens_details?.reasoning_tokens ?? 0),
  };
}

/** Every JSON text of an answer: its events', or the one that it is. */
function jsonOf({ isStream, body }: Exchange): unknown[] {
  const text = body.toString();
  if (!isStream) return parsed(text);
  return text.split(/\r?\n/).flatMap((line) => parsed(line.replace(/^data: ?/, "")));
}

function parsed(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
