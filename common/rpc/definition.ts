import { create, type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import type { AnyMethod } from "./service.ts";

/** What `option idempotency_level` in the contract says: NO_SIDE_EFFECTS and IDEMPOTENT. */
const repeatableLevels: readonly number[] = [1, 2];
const noSideEffects = 1;

export type AnyInit = Parameters<AnyMethod>[0];

/** The HTTP/2 path of a method. */
export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/** True when a call may be made again although its first attempt may have been processed. */
export const isRepeatable = (method: DescMethod): boolean =>
  repeatableLevels.includes(method.idempotency);

/**
 * True for the `Watch` methods: a server stream that only reads never ends by itself. It has no
 * deadline, and a server that shuts down ends it at once; its reader opens it again elsewhere.
 */
export const isEndless = (method: DescMethod): boolean =>
  method.methodKind === "server_streaming" && method.idempotency === noSideEffects;

export function encodeRequest(method: DescMethod, request: AnyInit): Buffer {
  return asBuffer(toBinary(method.input, create(method.input, request)));
}

export function encodeResponse(method: DescMethod, response: AnyInit): Buffer {
  return asBuffer(toBinary(method.output, create(method.output, response)));
}

export type AnyMessage = Message;

/** A view, not a copy: grpc-js copies messages with `Buffer`'s own methods. */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
