import type { Metadata } from "@grpc/grpc-js";
import { AppError } from "../errors.ts";
import { Roster } from "../roster.ts";
import type { Call } from "./call.ts";
import { receivedCall } from "./wire-call.ts";

/** What grpc-js hands to a handler, as far as it is the same for every kind of method. */
interface ServerSideCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  on(event: "cancelled", listener: () => void): unknown;
}

export interface OpenCallOptions {
  readonly wire: ServerSideCall;
  readonly endless: boolean;
  /** Sends an error to the client as the call's end. */
  sendError(error: AppError): void;
}

/** One call that a client waits for. */
export class OpenCall {
  readonly call: Call;
  readonly endless: boolean;
  /** Wakes whoever sends the answers when the call has ended, whoever ended it. */
  onEnd = () => {};
  readonly #controller = new AbortController();
  readonly #sendError: (error: AppError) => void;
  readonly #onEnded: () => void;
  #ended = false;

  constructor({ wire, endless, sendError }: OpenCallOptions, onEnded: () => void) {
    this.endless = endless;
    this.#sendError = sendError;
    this.#onEnded = onEnded;
    const deadline = wire.getDeadline();
    this.call = receivedCall(wire.metadata, { signal: this.#controller.signal, deadline });
    wire.on("cancelled", () => this.#onCancelled());
  }

  /** True when there is nobody left to answer. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Marks the call as ended; false when it was already. Whoever ends it answers it. */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#onEnded();
    this.onEnd();
    return true;
  }

  /** Ends the call with an error. */
  fail(error: AppError): void {
    if (this.end()) this.#sendError(error);
  }

  /** Tells the method to stop; it can still end the call in its own way. */
  abort(reason: AppError): void {
    this.#controller.abort(reason);
  }

  /** grpc-js tells of every end here, also of a regular one, and answers a passed deadline itself. */
  #onCancelled() {
    if (!this.end()) return;
    const { deadlineMs } = this.call;
    const late = deadlineMs !== undefined && Date.now() >= deadlineMs;
    this.abort(
      late
        ? new AppError("service.timeout", "The deadline has passed.")
        : new AppError("request.cancelled", "The caller has gone."),
    );
  }
}

/** The calls that a server is working on. */
export class OpenCalls {
  readonly #open = new Roster<OpenCall>();
  #onIdle = () => {};

  open(options: OpenCallOptions): OpenCall {
    const call = new OpenCall(options, () => {
      leave();
      if (this.#open.size === 0) this.#onIdle();
    });
    const leave = this.#open.enter(call);
    return call;
  }

  /** A copy: ending a call takes it off. */
  list(): OpenCall[] {
    return [...this.#open];
  }

  /** Resolves when the last call has ended, or when the time is over. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#onIdle = resolve;
    await promise;
    clearTimeout(timer);
  }
}
