import { AppError } from "../../../common/errors.ts";
import { eventData } from "../../../common/sse/event-data.ts";
import { EventSplitter, type SsePiece } from "../../../common/sse/event-splitter.ts";
import type { Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import { heartbeat } from "../stream/error-event.ts";
import { parseData, StreamTap } from "../stream/stream-tap.ts";
import type { UpstreamResponse } from "../upstream/upstream.ts";
import type { BodyReader } from "./body-reader.ts";
import type { Exchange } from "./exchange.ts";
import { silence } from "./pace.ts";
import { withoutCredential } from "./without-credential.ts";

/**
 * Passes a stream's events on, byte for byte and in the tick their last byte arrives, with
 * heartbeats while there are none.
 *
 * An object that is asked, not one more generator: each generator in a row costs every chunk.
 */
export class EventRelay {
  readonly #exchange: Exchange;
  readonly #reader: BodyReader;
  readonly #splitter: EventSplitter;
  readonly #tap: StreamTap;

  constructor(exchange: Exchange, response: UpstreamResponse) {
    this.#exchange = exchange;
    this.#reader = exchange.read(response);
    this.#splitter = new EventSplitter(exchange.context.config.eventHoldBytesMax);
    this.#tap = new StreamTap({
      usageWasAdded: exchange.usageWasAdded,
      endsWithDone: exchange.candidate.target.provider.endsWithDone,
    });
  }

  /** False while a part of an event too long to be held back has gone out. */
  get atBoundary(): boolean {
    return this.#splitter.atBoundary;
  }

  /** The upstream told of a failure of its own, in an event that has passed. */
  get sawError(): boolean {
    return this.#tap.sawError;
  }

  usage(): Usage | undefined {
    return this.#tap.usage();
  }

  /**
   * What is to be sent next; undefined when the stream is over. Throws `upstream.truncated` when it
   * was over too early.
   */
  async next(): Promise<Buffer | undefined> {
    while (!this.#reader.ended) {
      const chunk = await this.#read();
      if (chunk === undefined) return this.#last();
      if (chunk !== silence) {
        const bytes = this.#inspect(this.#splitter.push(chunk));
        if (bytes) return bytes;
      } else if (this.#tap.sawDone) {
        return undefined;
      } else if (this.atBoundary) {
        return heartbeat;
      }
    }
    return undefined;
  }

  /** After `[DONE]` nothing can go wrong any more, however the upstream lets go of its connection. */
  async #read(): Promise<Buffer | typeof silence | undefined> {
    try {
      return await this.#reader.readOrSilence();
    } catch (error) {
      if (this.#tap.sawDone && !this.#exchange.callerIsGone()) return silence;
      throw error;
    }
  }

  #inspect(pieces: readonly SsePiece[]): Buffer | undefined {
    const kept: Buffer[] = [];
    for (const { kind, bytes } of pieces) {
      const inspected = kind === "event" ? this.#passable(bytes) : bytes;
      if (inspected) kept.push(inspected);
    }
    return kept.length > 1 ? Buffer.concat(kept) : kept[0];
  }

  /** The event as the caller may see it, if at all: errors may quote the credential. */
  #passable(event: Buffer): Buffer | undefined {
    const inspected = this.#tap.inspect(event);
    if (!inspected || !this.#tap.sawError) return inspected;
    return withoutCredential(inspected, this.#exchange.candidate.target);
  }

  /**
   * The last event of a stream may lack its blank line. It counts when what it says is whole. In a
   * stream that was cut off it is dropped all the same, so that nothing stands before our error
   * event.
   */
  #last(): Buffer | undefined {
    const rest = this.#splitter.rest();
    const data = eventData(rest)?.trim();
    const isWhole = data === undefined || data === "[DONE]" || parseData(rest) !== undefined;
    const last = rest.length > 0 && isWhole ? this.#passable(rest) : undefined;
    this.#checkWhole();
    return last;
  }

  #checkWhole() {
    const { endsWithDone } = this.#exchange.candidate.target.provider;
    // An upstream that told of its failure has said all it had to say.
    if (this.#tap.sawDone || this.#tap.sawError) return;
    if (!endsWithDone && this.#tap.sawFinishReason && this.atBoundary) return;
    throw new AppError("upstream.truncated", "The upstream broke off its answer.");
  }
}
