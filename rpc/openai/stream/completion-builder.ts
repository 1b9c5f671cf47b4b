import { eventData } from "../../../common/sse/event-data.ts";
import { EventSplitter } from "../../../common/sse/event-splitter.ts";
import { isObject, type JsonObject } from "./json-object.ts";

export interface BuiltCompletion {
  /** 200, or what an error event says, or 502. */
  readonly status: number;
  /** A `chat.completion`, or the upstream's error object. */
  readonly completion: JsonObject;
  /** False when the stream ended before every choice had finished. */
  readonly isWhole: boolean;
}

/** The texts that come in parts. Every other value that comes again replaces the one before. */
const joined = new Set([
  ...["content", "refusal", "reasoning", "reasoning_content", "arguments", "data", "transcript"],
]);

/** Puts the chunks of a stream together into the completion that they would have been. */
export class CompletionBuilder {
  readonly #splitter: EventSplitter;
  readonly #completion: JsonObject = {};
  readonly #choices = new Map<unknown, JsonObject>();
  #error: JsonObject | undefined;

  constructor(eventBytesMax: number) {
    this.#splitter = new EventSplitter(eventBytesMax);
  }

  push(bytes: Buffer) {
    for (const piece of this.#splitter.push(bytes)) this.#event(piece.bytes);
  }

  finish(): BuiltCompletion {
    this.#event(this.#splitter.rest());
    if (this.#error) {
      return { status: statusOf(this.#error), completion: this.#error, isWhole: true };
    }
    const choices = [...this.#choices.values()].sort(byIndex);
    const completion = { ...this.#completion, object: "chat.completion", choices };
    const isWhole = choices.length > 0 && choices.every((choice) => choice["finish_reason"]);
    return { status: 200, completion, isWhole };
  }

  #event(event: Buffer) {
    const chunk = parse(eventData(event));
    if (!chunk) return;
    if (chunk["error"]) this.#error ??= { error: chunk["error"] };
    const { choices, ...rest } = chunk;
    replaceAll(this.#completion, rest);
    for (const choice of Array.isArray(choices) ? choices.filter(isObject) : []) {
      this.#addChoice(choice);
    }
  }

  #addChoice({ delta, logprobs, ...rest }: JsonObject) {
    const index = rest["index"] ?? 0;
    const choice = this.#choices.get(index) ?? {
      index,
      message: { role: "assistant", content: null },
      logprobs: null,
      finish_reason: null,
    };
    this.#choices.set(index, choice);
    replaceAll(choice, rest);
    if (isObject(delta)) merge(choice["message"], delta);
    if (isObject(logprobs)) choice["logprobs"] = mergeLists(choice["logprobs"], logprobs);
  }
}

function parse(data: string | undefined): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(data ?? "");
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A null never takes away what was already said. */
function replaceAll(target: JsonObject, source: JsonObject) {
  for (const [key, value] of Object.entries(source)) {
    if (value !== null || !(key in target)) target[key] = value;
  }
}

function merge(target: unknown, source: JsonObject) {
  if (!isObject(target)) return;
  for (const [key, value] of Object.entries(source)) {
    const before = target[key];
    if (typeof value === "string" && typeof before === "string" && joined.has(key)) {
      target[key] = before + value;
    } else if (Array.isArray(value)) {
      target[key] = mergeItems(Array.isArray(before) ? before : [], value);
    } else if (isObject(value) && isObject(before)) {
      merge(before, value);
    } else if (value !== null || !(key in target)) {
      target[key] = value;
    }
  }
}

/** Parts of a list's items say by `index` which item they belong to; an item without is a new one. */
function mergeItems(items: unknown[], parts: readonly unknown[]): unknown[] {
  for (const part of parts) {
    const index = isObject(part) ? part["index"] : undefined;
    if (!isObject(part) || typeof index !== "number") {
      items.push(part);
      continue;
    }
    const { index: _, ...rest } = part;
    const known = items[index];
    if (isObject(known)) merge(known, rest);
    else if (index <= items.length) items[index] = rest;
  }
  return items;
}

/** Log probabilities come as lists, each chunk with the next tokens. */
function mergeLists(before: unknown, more: JsonObject): JsonObject {
  const result: JsonObject = isObject(before) ? before : {};
  for (const [key, value] of Object.entries(more)) {
    const list = result[key];
    result[key] = Array.isArray(list) && Array.isArray(value) ? [...list, ...value] : value;
  }
  return result;
}

const byIndex = (one: JsonObject, other: JsonObject): number =>
  Number(one["index"]) - Number(other["index"]);

const badGateway = 502;

function statusOf({ error }: JsonObject): number {
  if (!isObject(error)) return badGateway;
  const status = Number(error["status_code"] ?? error["code"]);
  return status >= 400 && status < 600 ? status : badGateway;
}
