import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import type { ByteBudget } from "./byte-budget.ts";
import type { CheckedRequest } from "./check-request.ts";
import type { Exchange } from "./exchange.ts";
import { requestIdFrom, traceparentFrom } from "./request-id.ts";
import type { RequestRecord } from "./request-record.ts";

export interface Opening {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Undefined when the request did not pass. */
  readonly checked: CheckedRequest | undefined;
  readonly ip: string;
  readonly loopbackListener: boolean;
  readonly route: string;
  readonly parameter: string;
  readonly awaitsContinue: boolean;
  readonly budget: ByteBudget;
}

export function openExchange(opening: Opening): Exchange {
  const { request, response, checked } = opening;
  const { headers } = request;
  const controller = new AbortController();
  const { signal } = controller;
  const requestId = requestIdFrom(headers["x-request-id"]);
  const record: RequestRecord = {
    requestId,
    method: request.method ?? "",
    // A request that did not pass has no path, yet its error takes the shape its sender expects.
    path: checked?.target.path ?? (request.url?.startsWith("/v1/") ? "/v1" : ""),
    query: checked?.target.query ?? "",
    ip: opening.ip,
    loopbackListener: opening.loopbackListener,
    startedAt: performance.now(),
    signal,
    route: opening.route,
  };
  return {
    request,
    response,
    record,
    call: { requestId, signal, traceparent: traceparentFrom(headers["traceparent"]) },
    abort: () => controller.abort(),
    rawTarget: checked?.target.raw ?? "",
    parameter: opening.parameter,
    body: {
      expected: checked?.hasBody ?? true,
      length: checked?.contentLength,
      awaitsContinue: opening.awaitsContinue,
      broken: false,
      heldBytes: 0,
      budget: opening.budget,
    },
  };
}
