import { type AppError, errorCodes } from "../../common/errors.ts";
import type { LimitsConfig } from "../config.ts";
import { managementError, openaiError } from "./error-response.ts";
import type { Exchange } from "./exchange.ts";

type Linger = Pick<LimitsConfig, "lingerBytesMax" | "lingerTimeoutMs">;

/** Answers with a whole JSON document. */
export function answerJson(exchange: Exchange, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  const { response, record } = exchange;
  response.writeHead(status, [
    "content-type",
    "application/json",
    "content-length",
    String(bytes.length),
    "x-request-id",
    record.requestId,
  ]);
  response.end(bytes);
}

/** Answers with an error, in OpenAI's shape on the data plane; the headers must not be out yet. */
export function answerError(exchange: Exchange, error: AppError, linger: Linger): void {
  const { response, record } = exchange;
  record.errorCode = error.code;
  const shape = isDataPlane(record.path) ? openaiError : managementError;
  const { status, headers, body } = shape(error, record.requestId);
  const bytes = Buffer.from(body);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader("content-length", bytes.length);
  if (errorCodes[error.code].http === 401) response.setHeader("www-authenticate", "Bearer");
  response.statusCode = status;
  endAnswer(exchange, bytes, linger);
}

export const isDataPlane = (path: string): boolean => path === "/v1" || path.startsWith("/v1/");

/**
 * Ends an answer that may come before the request's body has. To close a socket with bytes unread
 * resets the connection, and the reset can overtake the answer; so the answer goes out whole, and
 * what still comes is thrown away within the limits before the connection is closed.
 */
function endAnswer(exchange: Exchange, bytes: Buffer, linger: Linger): void {
  const { request, response, body } = exchange;
  const unread = body.expected && !request.complete;
  if (!unread && !body.broken) {
    response.end(bytes);
    return;
  }
  response.shouldKeepAlive = false;
  if (body.broken || body.awaitsContinue) {
    response.end(bytes);
    return;
  }
  response.write(bytes);
  let budget = linger.lingerBytesMax;
  const end = () => {
    clearTimeout(timer);
    request.off("data", onData);
    response.end();
  };
  const onData = (chunk: Buffer) => {
    budget -= chunk.length;
    if (budget < 0) end();
  };
  const timer = setTimeout(end, linger.lingerTimeoutMs);
  request.on("data", onData).once("end", end).once("close", end).resume();
}
