import type { Reply } from "./compose-reply.ts";
import { type DemoRequest, textOf } from "./demo-request.ts";

export interface Answer {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly request: DemoRequest;
  readonly replies: readonly Reply[];
}

/** https://platform.openai.com/docs/api-reference/chat/object */
export const completionOf = (answer: Answer) => ({
  ...headOf(answer, "chat.completion"),
  choices: answer.replies.map((reply, index) => ({
    index,
    message: {
      role: "assistant",
      content: reply.toolCalls.length > 0 ? null : reply.parts.join(""),
      refusal: null,
      ...(reply.toolCalls.length > 0 ? { tool_calls: reply.toolCalls } : {}),
    },
    logprobs: null,
    finish_reason: reply.finishReason,
  })),
  usage: usageOf(answer),
});

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function eventsOf(answer: Answer): string[] {
  const head = headOf(answer, "chat.completion.chunk");
  const includeUsage = answer.request.stream_options?.include_usage === true;
  // As OpenAI does: asked for usage, it says on every chunk that there is none yet.
  const event = (choices: unknown[], usage: unknown = null) =>
    `data: ${JSON.stringify({ ...head, choices, ...(includeUsage ? { usage } : {}) })}\n\n`;
  const perReply = answer.replies.flatMap((reply, index) =>
    deltasOf(reply).map(({ delta, finishReason }) =>
      event([{ index, delta, logprobs: null, finish_reason: finishReason }]),
    ),
  );
  return [...perReply, ...(includeUsage ? [event([], usageOf(answer))] : []), "data: [DONE]\n\n"];
}

interface Step {
  readonly delta: Readonly<Record<string, unknown>>;
  readonly finishReason: string | null;
}

function deltasOf({ parts, toolCalls, finishReason }: Reply): Step[] {
  const content = toolCalls.length > 0 ? null : "";
  const deltas = [
    { role: "assistant", content, refusal: null },
    ...parts.map((part) => ({ content: part })),
    ...toolCalls.flatMap(({ id, type, function: { name, arguments: whole } }, index) => [
      { tool_calls: [{ index, id, type, function: { name, arguments: "" } }] },
      ...(whole.match(/.{1,12}/gsu) ?? []).map((part) => ({
        tool_calls: [{ index, function: { arguments: part } }],
      })),
    ]),
  ];
  return [...deltas.map((delta) => ({ delta, finishReason: null })), { delta: {}, finishReason }];
}

const headOf = ({ id, created, request }: Answer, object: string) => ({
  id,
  object,
  created,
  model: request.model,
  service_tier: "default",
  system_fingerprint: "fp_demo",
});

function usageOf({ request, replies }: Answer) {
  const words = request.messages.map((message) => textOf(message).split(/\s+/).length);
  const input = words.reduce((sum, count) => sum + count, 0);
  const spoken = replies.map((reply) => reply.parts.length + 10 * reply.toolCalls.length);
  const output = spoken.reduce((sum, count) => sum + count, 0);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
