import { z } from "zod";
import type { LedgerEntry, UpstreamScript } from "../support/upstream.ts";
import { answerJson, answerStream } from "../support/upstream.ts";

/** A provider that behaves as OpenAI does: usage in a stream only for those who ask for it. */

const Asked = z.looseObject({
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  messages: z.array(z.looseObject({ role: z.string() })),
});

export const usage = {
  prompt_tokens: 9,
  completion_tokens: 12,
  total_tokens: 21,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0 },
};

export interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly ToolCall[];
  readonly [unknown: string]: unknown;
}

export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** Answers with what `reply` makes of the conversation, as a stream where one is asked for. */
export const completing =
  (reply: (asked: z.infer<typeof Asked>) => Message): UpstreamScript =>
  (answer, entry) => {
    const asked = askedOf(entry);
    const message = reply(asked);
    const headers = { "x-request-id": "req_upstream", "openai-processing-ms": "7" };
    if (!asked.stream) return answerJson(200, completion(message), headers)(answer, entry);
    const withUsage = asked.stream_options?.include_usage === true;
    return answerStream(events(message, withUsage), headers)(answer, entry);
  };

export const askedOf = ({ body }: LedgerEntry) => Asked.parse(JSON.parse(body.toString()));

const common = { id: "chatcmpl-1", created: 1_700_000_000, model: "gpt-test-2026-01-01" };
const finishOf = ({ tool_calls }: Message) => (tool_calls ? "tool_calls" : "stop");

const completion = (message: Message) => ({
  ...common,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", refusal: null, annotations: [], ...message },
      logprobs: null,
      finish_reason: finishOf(message),
    },
  ],
  usage,
  service_tier: "default",
  system_fingerprint: "fp_1",
  x_unknown: { kept: true },
});

function events(message: Message, withUsage: boolean): string[] {
  const chunk = (choices: unknown[], rest: object = {}) =>
    `data: ${JSON.stringify({
      ...common,
      object: "chat.completion.chunk",
      system_fingerprint: "fp_1",
      choices,
      ...(withUsage ? { usage: null } : {}),
      x_unknown: { kept: true },
      ...rest,
    })}\n\n`;
  const delta = (value: object, finish_reason: string | null = null) =>
    chunk([{ index: 0, delta: value, logprobs: null, finish_reason }]);
  const { content, tool_calls = [], ...rest } = message;
  return [
    delta({ role: "assistant", content: content === null ? null : "", refusal: null, ...rest }),
    ...((content ?? "").match(/.{1,5}/gsu)?.map((part) => delta({ content: part })) ?? []),
    ...tool_calls.flatMap((call, index) => toolDeltas(call, index).map((each) => delta(each))),
    delta({}, finishOf(message)),
    ...(withUsage ? [chunk([], { usage })] : []),
    "data: [DONE]\n\n",
  ];
}

/** The call's head first, then its arguments in pieces, as providers send them. */
const toolDeltas = ({ id, type, function: called }: ToolCall, index: number) => [
  { tool_calls: [{ index, id, type, function: { name: called.name, arguments: "" } }] },
  ...(called.arguments.match(/.{1,7}/gsu) ?? []).map((part) => ({
    tool_calls: [{ index, function: { arguments: part } }],
  })),
];
