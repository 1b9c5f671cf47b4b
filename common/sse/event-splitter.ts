import { Pieces } from "../pieces.ts";

/**
 * A piece of a server-sent event stream. An `event` ends with the blank line that completes it. A
 * `fragment` is a part of an event too long to be held back; `fragment_end` is its last part.
 */
export interface SsePiece {
  readonly kind: "event" | "fragment" | "fragment_end";
  readonly bytes: Buffer;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts a byte stream into whole events, whatever its line ends (LF, CR, CRLF) and wherever the
 * chunks are cut. No byte is changed, added or lost; an event comes out in the call that brings its
 * last byte. A line feed that arrives alone after the carriage return that completed an event stands
 * at the head of the next one, where it means nothing.
 */
export class EventSplitter {
  readonly #holdBytesMax: number;
  readonly #held = new Pieces();
  #lineIsEmpty = true;
  #afterCarriageReturn = false;
  #inFragment = false;

  constructor(holdBytesMax: number) {
    this.#holdBytesMax = holdBytesMax;
  }

  /** True when nothing but whole events has been handed out. */
  get atBoundary(): boolean {
    return !this.#inFragment;
  }

  push(chunk: Buffer): SsePiece[] {
    const pieces: SsePiece[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== lineFeed && byte !== carriageReturn) {
        this.#lineIsEmpty = false;
        this.#afterCarriageReturn = false;
        continue;
      }
      const isSecondHalf = byte === lineFeed && this.#afterCarriageReturn;
      this.#afterCarriageReturn = byte === carriageReturn;
      if (isSecondHalf) continue;
      if (!this.#lineIsEmpty) {
        this.#lineIsEmpty = true;
        continue;
      }
      // The blank line's own line feed still belongs to the event when it has arrived.
      const end = byte === carriageReturn && chunk[at + 1] === lineFeed ? at + 2 : at + 1;
      pieces.push(this.#complete(chunk.subarray(start, end)));
      start = end;
    }
    this.#hold(chunk.subarray(start), pieces);
    return pieces;
  }

  /** What is left when the stream has ended: empty, or the beginning of an event. */
  rest(): Buffer {
    return this.#held.take();
  }

  #complete(bytes: Buffer): SsePiece {
    const kind = this.#inFragment ? "fragment_end" : "event";
    this.#inFragment = false;
    if (this.#held.length === 0) return { kind, bytes };
    this.#held.push(bytes);
    return { kind, bytes: this.#held.take() };
  }

  #hold(bytes: Buffer, pieces: SsePiece[]) {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    if (!this.#inFragment && this.#held.length <= this.#holdBytesMax) return;
    this.#inFragment = true;
    pieces.push({ kind: "fragment", bytes: this.#held.take() });
  }
}
