import { topLevelFields } from "../../../common/json/top-level-fields.ts";
import { eventData } from "../../../common/sse/event-data.ts";
import type { Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import { findKey, findValues, isEmptyArray } from "./json-keys.ts";
import { readUsage } from "./usage.ts";

const usageKey = Buffer.from('"usage"');
const choicesKey = Buffer.from('"choices"');
const errorKey = Buffer.from('"error"');
const finishReasonKey = Buffer.from('"finish_reason"');
const doneMark = Buffer.from("[DONE]");
/** No longer event can be the one that only says `[DONE]`. */
const doneEventBytesMax = 64;
const chunkDepthMax = 128;

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const comma = 0x2c;
const space = 0x20;
const letterN = 0x6e;

export interface StreamTapOptions {
  readonly usageWasAdded: boolean;
  readonly endsWithDone: boolean;
}

/**
 * Watches the whole events of a stream go by and learns how it went, decoding next to nothing: it
 * looks for a few keys and parses one event, the last that carried usage, when it is asked.
 */
export class StreamTap {
  readonly #usageWasAdded: boolean;
  readonly #endsWithDone: boolean;
  #usageEvent: Buffer | undefined;
  sawDone = false;
  /** Looked for only where the end need not say `[DONE]`. */
  sawFinishReason = false;
  sawError = false;

  constructor({ usageWasAdded, endsWithDone }: StreamTapOptions) {
    this.#usageWasAdded = usageWasAdded;
    this.#endsWithDone = endsWithDone;
  }

  /**
   * The event as the caller gets it: the same bytes, unless usage was asked for in its place. Then
   * the extra chunk is dropped (undefined), and the `"usage":null` that OpenAI adds to every other
   * chunk is cut out.
   */
  inspect(event: Buffer): Buffer | undefined {
    if (this.#isDone(event)) this.sawDone = true;
    if (!this.#endsWithDone && !this.sawFinishReason) this.sawFinishReason = hasFinishReason(event);
    if (!this.sawError) this.sawError = isError(event);
    const usages = findValues(event, usageKey);
    if (usages.length === 0) return event;
    if (usages.some((at) => event[at] === openBrace)) {
      this.#usageEvent = event;
      const isExtra = this.#usageWasAdded && isEmptyArray(event, findKey(event, choicesKey));
      return isExtra ? undefined : event;
    }
    return this.#usageWasAdded ? withoutNullUsage(event, usages) : event;
  }

  usage(): Usage | undefined {
    return this.#usageEvent && readUsage(parseData(this.#usageEvent));
  }

  #isDone(event: Buffer): boolean {
    return (
      event.length <= doneEventBytesMax &&
      event.includes(doneMark) &&
      eventData(event)?.trim() === "[DONE]"
    );
  }
}

const hasFinishReason = (event: Buffer): boolean =>
  findValues(event, finishReasonKey).some((at) => event[at] === quote);

/** An error is an object or a text at the top of an event; `"error":null` is none. */
function isError(event: Buffer): boolean {
  const at = findKey(event, errorKey);
  if (at < 0 || event[at] === letterN) return false;
  const data = parseData(event);
  return typeof data === "object" && data !== null && "error" in data && Boolean(data.error);
}

/** The JSON of an event; undefined when it holds none. */
export function parseData(event: Buffer): unknown {
  try {
    return JSON.parse(eventData(event) ?? "");
  } catch {
    return undefined;
  }
}

function withoutNullUsage(event: Buffer, usages: readonly number[]): Buffer {
  const at = usages.find((value) => isAtTop(event, value)) ?? topLevelUsage(event);
  if (at === undefined || event[at] !== letterN) return event;
  let start = event.lastIndexOf(usageKey, at);
  let end = at + "null".length;
  while (event[start - 1] === space) start -= 1;
  if (event[start - 1] === comma) start -= 1;
  else while (event[end] === space || event[end] === comma) end += 1;
  return Buffer.concat([event.subarray(0, start), event.subarray(end)]);
}

/**
 * True when from here on only the object's own closing brace follows: then this is its top level,
 * and there is no need to read what stands before.
 */
function isAtTop(event: Buffer, from: number): boolean {
  let closings = 0;
  for (let at = from; at < event.length; at += 1) {
    const byte = event[at];
    if (byte === openBrace || byte === openBracket || byte === closeBracket) return false;
    if (byte === closeBrace) closings += 1;
  }
  return closings === 1;
}

/** Where the value of `usage` begins, for the chunk whose other keys follow it. */
function topLevelUsage(event: Buffer): number | undefined {
  const start = event.indexOf("{");
  const end = event.lastIndexOf("}") + 1;
  try {
    const usage = topLevelFields(event.subarray(start, end), ["usage"], chunkDepthMax).get("usage");
    return usage && start + usage.start;
  } catch {
    return undefined;
  }
}
