import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, errors } from "undici";
import { AppError } from "../../../common/errors.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { UpstreamResponse } from "./upstream.ts";

export interface HttpExchangeOptions {
  readonly signal: AbortSignal;
  readonly bufferBytesMax: number;
  /** The connection is free again, or gone. Called once. */
  onClose(): void;
}

/** One request and its answer, as undici reports them, turned into a response with a body to pull. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #options: HttpExchangeOptions;
  readonly #responding = Promise.withResolvers<UpstreamResponse>();
  readonly #body: ByteQueue;
  #controller: Dispatcher.DispatchController | undefined;
  #hasResponded = false;
  #isClosed = false;

  constructor(options: HttpExchangeOptions) {
    this.#options = options;
    this.#body = new ByteQueue({
      bytesMax: options.bufferBytesMax,
      onDrain: () => this.#controller?.resume(),
      onLeave: () => this.#controller?.abort(new Error("the reader left")),
    });
    options.signal.addEventListener("abort", this.#onAbort);
    // Whoever asked may have left already; an answer that nobody awaits is no error.
    this.#responding.promise.catch(() => {});
  }

  get response(): Promise<UpstreamResponse> {
    return this.#responding.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController) {
    this.#controller = controller;
    if (this.#options.signal.aborted) controller.abort(new Error("aborted before it was sent"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ) {
    if (status < 200) return;
    this.#hasResponded = true;
    this.#responding.resolve({ status, headers: joinRepeated(headers), body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer) {
    if (!this.#body.push(chunk)) controller.pause();
  }

  onResponseEnd() {
    this.#body.end();
    this.#close();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error) {
    const failure = this.#hasResponded ? cutOff(error) : notAnswered(error);
    this.#responding.reject(failure);
    this.#body.fail(failure);
    this.#close();
  }

  readonly #onAbort = () => {
    const { reason } = this.#options.signal;
    this.#responding.reject(reason);
    this.#body.destroy(reason);
    this.#controller?.abort(new Error("aborted"));
  };

  #close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#options.onClose();
  }
}

function joinRepeated(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}

const cutOff = (cause: Error): AppError =>
  cause instanceof errors.HTTPParserError
    ? new AppError("upstream.bad_response", "The upstream's answer is not valid HTTP.", { cause })
    : new AppError("upstream.truncated", "The upstream broke off its answer.", { cause });

function notAnswered(cause: Error): AppError {
  if (cause instanceof AppError) return cause;
  if (cause instanceof errors.ConnectTimeoutError) {
    return new AppError("upstream.timeout", "The upstream could not be reached in time.", {
      cause,
    });
  }
  if (cause instanceof errors.HTTPParserError || cause instanceof errors.HeadersOverflowError) {
    return new AppError("upstream.bad_response", "The upstream's answer is not valid HTTP.", {
      cause,
    });
  }
  if (cause instanceof errors.SocketError) {
    const message = "The upstream closed the connection before it answered.";
    return new AppError("upstream.unreachable", message, { cause });
  }
  return new AppError("upstream.unreachable", "The upstream could not be reached.", { cause });
}
