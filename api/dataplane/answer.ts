import { performance } from "node:perf_hooks";
import type { AppError } from "../../common/errors.ts";
import type { End, Head } from "../../gen/rpc/openai/openai_pb.ts";
import type { LimitsConfig } from "../config.ts";
import { answerError } from "../edge/answer.ts";
import { openaiErrorBody } from "../edge/error-response.ts";
import type { Exchange } from "../edge/exchange.ts";

/**
 * What a client of the data plane gets: an upstream's head and bytes as they come, or an error in
 * the form that fits how far the answer has come.
 */
export class Answer {
  /** An error has ended it; nothing more goes out. */
  failed = false;
  readonly #exchange: Exchange;
  readonly #limits: LimitsConfig;
  #events = false;
  /** Bytes still owed of an announced length; undefined when none was announced. */
  #owed: number | undefined;
  #last: Uint8Array = new Uint8Array();
  /**
   * A plain answer's head goes out with its first bytes: until then all can become an error. Data and
   * not a closure, which V8 would keep until the next full collection, with all it can see.
   */
  #waitingHead: { readonly status: number; readonly headers: string[] } | undefined;

  constructor(exchange: Exchange, limits: LimitsConfig) {
    this.#exchange = exchange;
    this.#limits = limits;
  }

  get begun(): boolean {
    return this.#exchange.response.headersSent;
  }

  head(head: Head): void {
    const { response, record } = this.#exchange;
    const headers = ["x-request-id", record.requestId];
    for (const { name, value } of head.headers) {
      // The client's handle is our id, which our log knows; theirs goes beside it.
      headers.push(name === "x-request-id" ? "x-upstream-request-id" : name, value);
      if (name === "content-type") this.#events = value.startsWith("text/event-stream");
      if (name === "content-length") this.#owed = Number(value);
    }
    this.#waitingHead = { status: head.status, headers };
    if (!this.#events) return;
    // Events may be long in coming. `flushHeaders` would send an upstream's Latin-1 as UTF-8.
    this.#begin();
    response.write(nothing);
  }

  /** Gives a promise when the client is slower than the upstream: nothing more until it resolves. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const { response, record } = this.#exchange;
    this.#begin();
    record.firstByteAt ??= performance.now();
    if (this.#owed !== undefined) {
      this.#owed -= bytes.length;
      if (this.#owed === 0) {
        response.end(bytes);
        return undefined;
      }
    }
    this.#last = bytes;
    return response.write(bytes) ? undefined : this.#drained();
  }

  end(end: End): void {
    const { response } = this.#exchange;
    if (response.writableEnded) return;
    // An event stream was ended with an error event. In a plain answer only a connection that breaks
    // says that it is not whole.
    const isWhole = this.#events || wholeOutcomes.has(end.outcome);
    this.#begin();
    if (isWhole && (this.#owed ?? 0) === 0) response.end();
    else response.destroy();
  }

  fail(error: AppError): void {
    const { response, record } = this.#exchange;
    if (this.failed || response.writableEnded || response.destroyed) return;
    this.failed = true;
    record.errorCode = error.code;
    if (!response.headersSent) answerError(this.#exchange, error, this.#limits);
    else if (this.#events) {
      response.end(`${this.#eventBreak()}data: ${JSON.stringify(openaiErrorBody(error))}\n\n`);
    } else response.destroy();
  }

  #begin(): void {
    if (!this.#waitingHead) return;
    const { status, headers } = this.#waitingHead;
    this.#waitingHead = undefined;
    this.#exchange.response.writeHead(status, headers);
  }

  /** The front sees to a client that takes nothing any more. */
  #drained(): Promise<void> {
    const { response } = this.#exchange;
    return new Promise((resolve) => {
      const done = () => {
        response.off("drain", done).off("close", done);
        resolve();
      };
      response.on("drain", done).on("close", done);
    });
  }

  /** An event too long to be held back may have gone out in part; nothing can be told inside it. */
  #eventBreak(): string {
    const end = Buffer.from(this.#last.subarray(-4)).toString("latin1");
    return eventEnds.test(end) ? "" : "\n\n";
  }
}

const nothing = new Uint8Array();

const eventEnds = /^$|\n\n$|\r\r$|\r\n\r\n$/;

/** Whatever the upstream said, it said it to the end. */
const wholeOutcomes: ReadonlySet<string> = new Set(["ok", "upstream_error"]);
