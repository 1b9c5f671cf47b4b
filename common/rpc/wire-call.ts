import { randomUUID } from "node:crypto";
import { Metadata } from "@grpc/grpc-js";
import type { Call } from "./call.ts";

const requestIdKey = "x-request-id";
const traceparentKey = "traceparent";

/** The deadline is not here: grpc-js sends it as `grpc-timeout`, what is left of it. */
export function callMetadata(call: Call): Metadata {
  const metadata = new Metadata();
  metadata.set(requestIdKey, call.requestId);
  if (call.traceparent) metadata.set(traceparentKey, call.traceparent);
  return metadata;
}

export function receivedCall(
  metadata: Metadata,
  { signal, deadline }: { signal: AbortSignal; deadline: Date | number },
): Call {
  const deadlineMs = Number(deadline);
  return {
    requestId: textOf(metadata, requestIdKey) ?? randomUUID(),
    signal,
    traceparent: textOf(metadata, traceparentKey),
    deadlineMs: Number.isFinite(deadlineMs) ? deadlineMs : undefined,
  };
}

const textOf = (metadata: Metadata, key: string): string | undefined =>
  metadata.get(key)[0]?.toString();
