import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import type { Channel, WireCall } from "./channel.ts";

/** A call that ended with another gRPC status than OK. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: StatusObject;

  constructor(failed: StatusObject) {
    super(`gRPC status ${status[failed.code]}: ${failed.details}`);
    this.status = failed;
  }
}

export interface WireRequest {
  readonly path: string;
  readonly metadata: Metadata;
  readonly bytes: Buffer;
  /** Ms since the epoch; Infinity for none. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/*
 * These speak to grpc-js through `Channel.createCall`, below its generic client: a message is read
 * when it is asked for and not before, so a slow reader holds its sender back, and nothing stands
 * between a message and its reader.
 */

/** One request, one answer. Rejects with a `StatusError`. */
export function callUnary(channel: Channel, request: WireRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | undefined;
    const call = startCall(channel, request, {
      onReceiveMetadata() {},
      onReceiveMessage(message: Buffer) {
        answer = message;
      },
      onReceiveStatus(received) {
        if (received.code === status.OK && answer) resolve(answer);
        else reject(new StatusError(received));
      },
    });
    call.startRead();
  });
}

/** The answers to one request, each read when asked for. */
export class AnswerStream {
  readonly #call: WireCall;
  #reader: PromiseWithResolvers<Buffer | undefined> | undefined;
  #ended: StatusObject | undefined;

  constructor(
    channel: Channel,
    request: WireRequest,
    listener: { onAnswer: () => void; onEnd: () => void },
  ) {
    this.#call = startCall(channel, request, {
      onReceiveMetadata() {},
      onReceiveMessage: (message: Buffer) => {
        const reader = this.#reader;
        this.#reader = undefined;
        listener.onAnswer();
        reader?.resolve(message);
      },
      onReceiveStatus: (received) => {
        this.#ended = received;
        listener.onEnd();
        this.#settle(received);
      },
    });
  }

  /** The next answer; undefined after the last. Rejects with a `StatusError`. One at a time. */
  read(): Promise<Buffer | undefined> {
    const reader = Promise.withResolvers<Buffer | undefined>();
    this.#reader = reader;
    if (this.#ended) this.#settle(this.#ended);
    else this.#call.startRead();
    return reader.promise;
  }

  cancel(): void {
    if (!this.#ended) this.#call.cancelWithStatus(status.CANCELLED, "Cancelled by the reader");
  }

  #settle(ended: StatusObject) {
    const reader = this.#reader;
    this.#reader = undefined;
    if (ended.code === status.OK) reader?.resolve(undefined);
    else reader?.reject(new StatusError(ended));
  }
}

function startCall(
  channel: Channel,
  { path, metadata, bytes, deadlineMs, signal }: WireRequest,
  listener: Parameters<WireCall["start"]>[1],
): WireCall {
  const call = channel.createCall(path, deadlineMs, null, null, null);
  const onAbort = () => call.cancelWithStatus(status.CANCELLED, "Cancelled by the caller");
  signal.addEventListener("abort", onAbort);
  call.start(metadata, {
    onReceiveMetadata: listener.onReceiveMetadata,
    onReceiveMessage: listener.onReceiveMessage,
    onReceiveStatus(received) {
      signal.removeEventListener("abort", onAbort);
      listener.onReceiveStatus(received);
    },
  });
  call.sendMessageWithContext({}, bytes);
  call.halfClose();
  // A signal that was aborted before never fires.
  if (signal.aborted) onAbort();
  return call;
}
