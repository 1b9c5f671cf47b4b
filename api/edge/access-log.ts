import type { Logger } from "../../common/log.ts";
import type { RequestRecord } from "./request-record.ts";

/** What is known only once the answer is over. */
export interface Ending {
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds on the monotonic clock. */
  readonly endedAt: number;
}

/**
 * One line a request. It names things by id and route: never a header, a query, a path that somebody
 * typed, or a body, since each of these may hold a secret.
 */
export function logAccess(log: Logger, record: RequestRecord, ending: Ending): void {
  const { usage } = record;
  const line = {
    requestId: record.requestId,
    method: record.method,
    route: record.route,
    status: ending.status,
    durationMs: rounded(ending.endedAt - record.startedAt),
    ttfbMs:
      record.firstByteAt === undefined ? undefined : rounded(record.firstByteAt - record.startedAt),
    bytesIn: ending.bytesIn,
    bytesOut: ending.bytesOut,
    ip: record.ip,
    userId: record.userId,
    keyId: record.keyId,
    model: record.model,
    channelId: record.channelId,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    cachedInputTokens: usage?.cachedInputTokens,
    reasoningTokens: usage?.reasoningTokens,
    outcome: record.outcome ?? (ending.status < 400 ? "ok" : "error"),
    errorCode: record.errorCode,
  };
  if (quietRoutes.has(record.route)) log.debug(line, "request");
  else log.info(line, "request");
}

/** Asked every few seconds by whoever watches over us. */
const quietRoutes = new Set(["/healthz", "/readyz"]);

/** Milliseconds with two decimals. */
const rounded = (value: number): number => Math.round(value * 100) / 100;
