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

/** Bytes between a producer that pushes and one reader that pulls at its own pace. */
export class ByteQueue implements AsyncIterableIterator<Buffer> {
  readonly #options: ByteQueueOptions;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isFull = false;
  #ended: { readonly error?: unknown } | undefined;
  #reader: PromiseWithResolvers<IteratorResult<Buffer>> | undefined;

  constructor(options: ByteQueueOptions) {
    this.#options = options;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Takes the chunk always; false asks to hold the next ones back until `onDrain`. */
  push(chunk: Buffer): boolean {
    if (this.#ended) return true;
    if (this.#reader) {
      this.#reader.resolve({ value: chunk, done: false });
      this.#reader = undefined;
      return true;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length + chunkOverheadBytes;
    this.#isFull = this.#bytes > this.#options.bytesMax;
    return !this.#isFull;
  }

  /** The reader still gets what was pushed before. */
  end() {
    this.#ended ??= {};
    this.#reader?.resolve({ value: undefined, done: true });
    this.#reader = undefined;
  }

  /** The reader still gets what was pushed before, then the error. */
  fail(error: unknown) {
    this.#ended ??= { error };
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  /** What was pushed and not read is dropped, and the reader gets the error at once. */
  destroy(error: unknown) {
    this.#chunks.length = 0;
    this.#ended = { error };
    this.fail(error);
  }

  next(): Promise<IteratorResult<Buffer>> {
    const value = this.#chunks.shift();
    if (value) {
      this.#bytes -= value.length + chunkOverheadBytes;
      if (this.#isFull && this.#bytes <= this.#options.bytesMax / 2) {
        this.#isFull = false;
        this.#options.onDrain();
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#ended) {
      const { error } = this.#ended;
      this.#ended = {};
      return error === undefined
        ? Promise.resolve({ value: undefined, done: true })
        : Promise.reject(error);
    }
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<Buffer>> {
    const hadEnded = this.#ended !== undefined;
    this.#chunks.length = 0;
    this.end();
    if (!hadEnded) this.#options.onLeave();
    return Promise.resolve({ value: undefined, done: true });
  }
}
