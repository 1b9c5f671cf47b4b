import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { AppError } from "../../common/errors.ts";
import type { End, Head, Header } from "../../gen/rpc/openai/openai_pb.ts";
import type { GatewayContext } from "../context.ts";
import type { Exchange } from "../edge/exchange.ts";
import type { RequestRecord } from "../edge/request-record.ts";
import type { Answer } from "./answer.ts";
import type { ModelRequest } from "./read-request.ts";

export interface Forwarding {
  readonly exchange: Exchange;
  readonly answer: Answer;
  readonly endpoint: string;
  readonly request: ModelRequest;
}

/**
 * Has a request answered by an upstream. Resolves when the answer has been handed to the socket;
 * throws when there is no answer, or it broke off, for the front's error handler to log.
 */
export async function forward(context: GatewayContext, forwarding: Forwarding): Promise<void> {
  const { exchange, answer } = forwarding;
  try {
    await relay(context, forwarding);
  } catch (error) {
    if (answer.failed || exchange.record.signal.aborted) return;
    if (answer.begun) answer.fail(AppError.from(error));
    throw error;
  }
}

async function relay(context: GatewayContext, forwarding: Forwarding): Promise<void> {
  const { exchange, answer, endpoint, request } = forwarding;
  const { record, call } = exchange;
  const messages = context.services.openai.forward(
    // A whole message, named by hand: nothing has to be filled in on its way.
    {
      $typeName: "apirouter.openai.v1.ForwardRequest",
      endpoint,
      model: request.model,
      stream: request.stream,
      headers: travelling(exchange.request.headers),
      body: request.body,
      userId: record.userId ?? "",
      keyId: record.keyId ?? "",
    },
    call,
  );
  for await (const { event } of messages) {
    if (answer.failed || isCutOff(exchange.response)) return;
    if (event.case === "data") {
      const drained = answer.write(event.value);
      if (drained) await drained;
    } else if (event.case === "head") {
      noteHead(record, event.value);
      answer.head(event.value);
    } else if (event.case === "end") {
      noteEnd(record, event.value);
      answer.end(event.value);
      return;
    }
  }
  if (answer.failed || record.signal.aborted) return;
  throw new AppError("upstream.truncated", "The answer broke off before its end.");
}

/** An answer of known length is over with its last byte; what it cost is told after that. */
const isCutOff = (response: ServerResponse) => response.destroyed && !response.writableFinished;

function noteHead(record: RequestRecord, head: Head): void {
  record.channelId = head.channelId;
}

function noteEnd(record: RequestRecord, end: End): void {
  if (end.outcome !== "ok") record.outcome ??= end.outcome;
  if (end.usage) record.usage = end.usage;
}

/**
 * What is the gateway's business or nobody's: secrets, addresses, and what describes this connection.
 * Which of the rest an upstream gets to see is for the openai service to say.
 */
const stayingHeaders = new Set([
  "authorization",
  "cookie",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
  "host",
  "connection",
  "keep-alive",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "forwarded",
  "via",
  "x-real-ip",
  "x-request-id",
  "traceparent",
  "tracestate",
  "origin",
  "referer",
]);
const stayingPrefixes = /^(?:proxy|x-forwarded|x-stainless|sec|accept)-/;

function travelling(headers: IncomingHttpHeaders): Header[] {
  const found: Header[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== "string" || stayingHeaders.has(name) || stayingPrefixes.test(name))
      continue;
    found.push({ $typeName: "apirouter.openai.v1.Header", name, value });
  }
  return found;
}
