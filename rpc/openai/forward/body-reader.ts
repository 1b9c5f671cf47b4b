import { AppError } from "../../../common/errors.ts";
import { Pieces } from "../../../common/pieces.ts";
import { type Pace, silence } from "./pace.ts";

/** Reads an upstream's body at the caller's pace, in time or not at all. */
export class BodyReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #pace: Pace;
  #pending: Promise<IteratorResult<Buffer>> | undefined;
  #pendingSince = 0;
  ended = false;

  constructor(body: AsyncIterable<Buffer>, pace: Pace) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#pace = pace;
  }

  /**
   * The next chunk; undefined when there is none any more; `silence` when a heartbeat is due before
   * it has come, which then is still awaited. Throws what the body throws, and `upstream.timeout`.
   */
  async readOrSilence(): Promise<Buffer | typeof silence | undefined> {
    if (!this.#pending) {
      this.#pending = this.#chunks.next();
      this.#pendingSince = this.#pace.now();
    }
    const result = await this.#pace.chunk(this.#pending, this.#pendingSince);
    if (result === silence) return silence;
    this.#pending = undefined;
    if (!result.done) return result.value;
    this.ended = true;
    return undefined;
  }

  async read(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = await this.readOrSilence();
      if (chunk !== silence) return chunk;
    }
  }

  /** Everything up to the end, or until more than `bytesMax` have come. */
  async readUpTo(bytesMax: number): Promise<Buffer> {
    const pieces = new Pieces();
    while (pieces.length <= bytesMax) {
      const chunk = await this.readOrSilence();
      if (!chunk) break;
      if (chunk !== silence) pieces.push(chunk);
    }
    return pieces.take();
  }

  /** Everything. Throws `upstream.bad_response` when it is longer than `bytesMax`. */
  async readAll(bytesMax: number): Promise<Buffer> {
    const bytes = await this.readUpTo(bytesMax);
    if (this.ended && bytes.length <= bytesMax) return bytes;
    throw new AppError("upstream.bad_response", "The upstream's answer is too long to convert.");
  }
}
