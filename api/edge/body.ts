import { AppError } from "../../common/errors.ts";
import { Pieces } from "../../common/pieces.ts";
import type { Exchange } from "./exchange.ts";

export interface BodyLimits {
  readonly bytesMax: number;
  /** Where less time is given than the server's own clock gives every request. */
  readonly timeoutMs?: number;
}

/**
 * Reads the whole body of a request.
 *
 * @throws `request.too_large` beyond `bytesMax`, without reading on; `request.timeout`;
 * `service.overloaded` when all bodies together are too large; `request.cancelled` when the client
 * left, or the request has been answered without waiting for its body.
 */
export function readBody(exchange: Exchange, { bytesMax, timeoutMs }: BodyLimits): Promise<Buffer> {
  const { request, response, body } = exchange;
  if (!body.expected) return Promise.resolve(Buffer.alloc(0));
  if (response.writableEnded || response.destroyed) return Promise.reject(cancelled());
  if ((body.length ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax));
  if (body.awaitsContinue) {
    body.awaitsContinue = false;
    response.writeContinue();
  }
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    const timer = timeoutMs && setTimeout(() => settle(tooSlow()), timeoutMs);
    const settle = (error: AppError | undefined) => {
      if (timer) clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      response.off("close", onClose);
      if (!error) return resolve(pieces.take());
      request.pause();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      pieces.push(chunk);
      if (pieces.length > bytesMax) settle(tooLarge(bytesMax));
      else if (body.budget.take(chunk.length)) body.heldBytes += chunk.length;
      else settle(overloaded());
    };
    const onEnd = () => settle(undefined);
    const onClose = () => settle(cancelled());
    request.on("data", onData).on("end", onEnd).on("close", onClose);
    // Answered before it was whole, because it broke off or was slow, a request itself never closes.
    response.on("close", onClose);
  });
}

const cancelled = () => new AppError("request.cancelled", "The client left.");

const tooLarge = (bytesMax: number) =>
  new AppError("request.too_large", `The request body is larger than ${bytesMax} bytes.`);

const tooSlow = () => new AppError("request.timeout", "The request body took too long to arrive.");

const overloaded = () =>
  new AppError("service.overloaded", "The gateway is busy; try again in a moment.", {
    retryAfterSeconds: 1,
  });
