export interface ByteQueueOptions {
  /** More than this waiting makes `push` answer false. */
  readonly bytesMax: number;
  /** So much has been read that more may come. */
  onDrain(): void;
  /** The reader left before the end. */
  onLeave(): void;
}

/** Counted beside a waiting chunk's own bytes: many tiny ones hold memory too. */
const chunkOverheadBytes = 256;

/**
 * Bytes between a producer that pushes and one reader that pulls at its own pace. The reader gets all
 * that waits in one piece: whatever came together costs one step on its further way.
 */
export class ByteQueue implements AsyncIterableIterator<Buffer> {
  readonly #options: ByteQueueOptions;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isFull = false;
  #ended: { readonly error?: unknown } | undefined;
  #wakeReader = () => {};

  constructor(options: ByteQueueOptions) {
    this.#options = options;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Takes the chunk always; false asks to hold the next ones back until `onDrain`. */
  push(chunk: Buffer): boolean {
    if (this.#ended) return true;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length + chunkOverheadBytes;
    this.#isFull = this.#bytes > this.#options.bytesMax;
    this.#wakeReader();
    return !this.#isFull;
  }

  /** The reader still gets what was pushed before. */
  end() {
    this.#ended ??= {};
    this.#wakeReader();
  }

  /** The reader still gets what was pushed before, then the error. */
  fail(error: unknown) {
    this.#ended ??= { error };
    this.#wakeReader();
  }

  /** What was pushed and not read is dropped, and the reader gets the error at once. */
  destroy(error: unknown) {
    this.#chunks = [];
    this.#ended = { error };
    this.#wakeReader();
  }

  async next(): Promise<IteratorResult<Buffer>> {
    if (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    if (this.#chunks.length > 0) return { value: this.#take(), done: false };
    const error = this.#ended?.error;
    this.#ended = {};
    if (error !== undefined) throw error;
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Buffer>> {
    const hadEnded = this.#ended !== undefined;
    this.#chunks = [];
    this.end();
    if (!hadEnded) this.#options.onLeave();
    return Promise.resolve({ value: undefined, done: true });
  }

  #take(): Buffer {
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    if (this.#isFull) {
      this.#isFull = false;
      this.#options.onDrain();
    }
    return bytes;
  }
}
