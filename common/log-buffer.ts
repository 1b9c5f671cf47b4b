import { write, writeSync } from "node:fs";
import type { DestinationStream } from "pino";

/** Lines wait until there are this many characters of them, or for this long. */
const flushChars = 32 * 1024;
const flushIntervalMs = 100;
/** What nobody takes does not pile up for ever: lines beyond this are lost. */
const waitingCharsMax = 16 * 1024 * 1024;
/** How long the last lines may take, and how often they are tried. */
const lastWriteTimeoutMs = 1_000;
const busyPauseMs = 5;

/**
 * Takes log lines and writes many at once, since a write for each would cost more than the line.
 * What is served must not end because its log cannot be written: lines that find a full disk, or a
 * reader that has gone or sleeps, are lost, and how many were is told once others get through.
 */
export class LogBuffer implements DestinationStream {
  readonly #fd: number;
  #waiting: string[] = [];
  #waitingChars = 0;
  #lost = 0;
  /** On its way to the system, or to be tried again. */
  #unwritten: Buffer | undefined;
  #unwrittenLines = 0;
  #isWriting = false;

  constructor(fd: number) {
    this.#fd = fd;
    setInterval(() => this.#flush(), flushIntervalMs).unref();
    process.on("exit", () => this.#flushSync());
  }

  write(line: string): void {
    if (this.#waitingChars + line.length > waitingCharsMax) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingChars += line.length;
    if (this.#waitingChars >= flushChars) this.#flush();
  }

  #flush() {
    if (this.#isWriting) return;
    const bytes = this.#unwritten ?? this.#next();
    if (!bytes) return;
    this.#isWriting = true;
    write(this.#fd, bytes, (error, written) => {
      this.#isWriting = false;
      if (error) return this.#failed(error);
      this.#unwritten = written < bytes.length ? bytes.subarray(written) : undefined;
      if (this.#unwritten || this.#waitingChars >= flushChars) this.#flush();
    });
  }

  /** The last lines; what a write under way has is on its way already. */
  #flushSync() {
    const before = this.#isWriting ? undefined : this.#unwritten;
    const last = this.#next();
    for (const bytes of [before, last]) if (bytes) writeAll(this.#fd, bytes);
  }

  /** The lines that wait, and one that tells of lost ones. */
  #next(): Buffer | undefined {
    if (this.#waitingChars === 0 && this.#lost === 0) return undefined;
    if (this.#lost > 0) this.#waiting.push(this.#lossLine());
    const bytes = Buffer.from(this.#waiting.join(""));
    this.#unwrittenLines = this.#waiting.length;
    this.#waiting = [];
    this.#waitingChars = 0;
    this.#lost = 0;
    this.#unwritten = bytes;
    return bytes;
  }

  #lossLine(): string {
    const line = { level: "warn", time: new Date(), lines: this.#lost, msg: "log lines were lost" };
    return `${JSON.stringify(line)}\n`;
  }

  #failed(error: Error) {
    // The next flush tries again.
    if (isBusy(error)) return;
    this.#lost += this.#unwrittenLines;
    this.#unwritten = undefined;
  }
}

/** At the very end, when nothing else can be waited for. What cannot be written then is lost. */
function writeAll(fd: number, bytes: Buffer) {
  const giveUpAt = performance.now() + lastWriteTimeoutMs;
  for (let at = 0; at < bytes.length && performance.now() < giveUpAt; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!isBusy(error)) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyPauseMs);
    }
  }
}

/** A pipe that is full for the moment. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["EAGAIN", "EBUSY"].includes(String(error.code));
