/** Smaller pieces are copied together: an object for each would cost hundreds of times their bytes. */
const smallBytesMax = 1024;
const blockBytesMin = 1024;
const blockBytesMax = 64 * 1024;

/**
 * Bytes that arrive in pieces and are wanted in one. Whoever sends decides how they are cut, so what
 * is held stays in proportion to the bytes, also where each comes alone.
 */
export class Pieces {
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Where small pieces are gathered; what lies before `#start` is listed in `#pieces` already. */
  #block: Buffer | undefined;
  #start = 0;
  #end = 0;

  /** All bytes together. */
  get length(): number {
    return this.#bytes;
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    // Most often there is only one, which then needs no copy.
    if (piece.length > smallBytesMax || this.#bytes === piece.length) {
      this.#list();
      this.#pieces.push(piece);
      return;
    }
    const block = this.#blockFor(piece.length);
    block.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** All bytes in one buffer; from now on there are none. */
  take(): Buffer {
    this.#list();
    const [only] = this.#pieces;
    const whole =
      this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    return whole;
  }

  #list() {
    if (this.#block && this.#end > this.#start) {
      this.#pieces.push(this.#block.subarray(this.#start, this.#end));
    }
    this.#start = this.#end;
  }

  /** A block with room; each is twice as large as the one before, within bounds. */
  #blockFor(bytes: number): Buffer {
    if (this.#block && this.#block.length - this.#end >= bytes) return this.#block;
    this.#list();
    const doubled = this.#block ? this.#block.length * 2 : blockBytesMin;
    this.#block = Buffer.allocUnsafeSlow(Math.min(doubled, blockBytesMax));
    this.#start = 0;
    this.#end = 0;
    return this.#block;
  }
}
