import { AppError } from "../../../common/errors.ts";
import type { Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import { dataEvent, doneEvent } from "./error-event.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { readUsage } from "./usage.ts";

export interface EventsOfCompletion {
  readonly events: Buffer;
  readonly usage: Usage | undefined;
  readonly outcome: "ok" | "upstream_error";
}

/**
 * A whole chat completion as the stream that was asked for: one chunk with all that each choice
 * says, one with why it finished, usage when it was wanted, `[DONE]`. An error becomes an error
 * event. Fields that nobody knows stay. Throws `upstream.bad_response` for anything else.
 */
export function completionToEvents(body: Buffer, withUsage: boolean): EventsOfCompletion {
  const completion = parse(body);
  if (completion["error"]) {
    return { events: dataEvent(completion), usage: undefined, outcome: "upstream_error" };
  }
  const { choices, usage, ...rest } = completion;
  if (!Array.isArray(choices)) throw notACompletion();
  const chunk = (fields: JsonObject) =>
    dataEvent({ ...rest, object: "chat.completion.chunk", ...fields });
  const events = [
    chunk({ choices: choices.filter(isObject).map(choiceDelta) }),
    chunk({ choices: choices.filter(isObject).map(choiceEnd) }),
    ...(withUsage && isObject(usage) ? [chunk({ choices: [], usage })] : []),
    doneEvent,
  ];
  return { events: Buffer.concat(events), usage: readUsage(completion), outcome: "ok" };
}

function parse(body: Buffer): JsonObject {
  try {
    const answer: unknown = JSON.parse(body.toString());
    if (isObject(answer)) return answer;
  } catch {
    // What is no JSON at all is told like JSON that is no completion.
  }
  throw notACompletion();
}

const notACompletion = () =>
  new AppError("upstream.bad_response", "The upstream's answer is neither a stream nor a chat.");

function choiceDelta({ message, finish_reason: _, ...choice }: JsonObject): JsonObject {
  const delta = isObject(message) ? { ...message } : {};
  const calls = delta["tool_calls"];
  if (Array.isArray(calls)) {
    delta["tool_calls"] = calls.filter(isObject).map((call, index) => ({ index, ...call }));
  }
  return { ...choice, delta, finish_reason: null };
}

const choiceEnd = ({ index, finish_reason }: JsonObject): JsonObject => ({
  index,
  delta: {},
  finish_reason: finish_reason ?? "stop",
});
