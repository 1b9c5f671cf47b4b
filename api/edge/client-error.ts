import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "../../common/errors.ts";
import { managementError } from "./error-response.ts";
import { requestIdFrom } from "./request-id.ts";

/** What Node's parser or its clock found wrong, as one of our errors. */
export function clientErrorFrom(cause: Error): AppError {
  const code = "code" in cause ? cause.code : "";
  if (code === "HPE_HEADER_OVERFLOW") {
    return new AppError("request.headers_too_large", "The request's headers are too large.", {
      cause,
    });
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new AppError("request.timeout", "The request did not arrive in time.", { cause });
  }
  return new AppError("request.invalid", "The request is not valid HTTP.", { cause });
}

/**
 * Answers a client for whose bytes there is not even a request. The connection ends when the client
 * has seen that, or after `lingerTimeoutMs`: closed at once, it could be reset before the answer is
 * read.
 */
export function refuseConnection(
  socket: Socket,
  error: AppError,
  lingerTimeoutMs: number,
): { requestId: string } {
  const requestId = requestIdFrom(undefined);
  const { status, headers, body } = managementError(error, requestId);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  const timer = setTimeout(() => socket.destroy(), lingerTimeoutMs);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
  socket.resume();
  return { requestId };
}
