import { AppError } from "../../../common/errors.ts";
import type { OpenAIConfig } from "../config.ts";

/** What waiting gives when a heartbeat is due before anything has come. */
export const silence = Symbol("silence");

const timerMsMax = 2 ** 31 - 1;

export interface PaceOptions {
  readonly config: OpenAIConfig;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Without them waiting gives no `silence`. */
  readonly withHeartbeats: boolean;
}

interface Waiter {
  readonly deadline: number;
  readonly beatAt: number;
  resolve(value: typeof silence): void;
  reject(error: AppError): void;
}

/**
 * Keeps the time of one request. Only waiting for the upstream counts: while the caller's own side
 * is slow nobody waits here. One timer serves all waits; it is set anew when it goes off and not at
 * every chunk.
 */
export class Pace {
  readonly startedAt: number;
  readonly #options: PaceOptions;
  readonly #heartbeatMs: number;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #waiter: Waiter | undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#heartbeatMs = options.withHeartbeats ? options.config.heartbeatIntervalMs : timerMsMax;
    this.startedAt = options.now();
  }

  now(): number {
    return this.#options.now();
  }

  /** Waits for the upstream's status. */
  response<T>(promise: Promise<T>): Promise<T | typeof silence> {
    return this.#wait(promise, this.startedAt + this.#options.config.firstByteTimeoutMs);
  }

  /** Waits for what was asked of the upstream's body at `since`. */
  chunk<T>(promise: Promise<T>, since: number): Promise<T | typeof silence> {
    return this.#wait(promise, since + this.#options.config.idleTimeoutMs);
  }

  close() {
    clearTimeout(this.#timer);
    this.#waiter = undefined;
  }

  /**
   * What the promise gives, or `silence`, after which it may be waited for again. Rejects with
   * `upstream.timeout` at the deadline or when the request took too long as a whole.
   */
  #wait<T>(promise: Promise<T>, limit: number): Promise<T | typeof silence> {
    const { config, now } = this.#options;
    const deadline = Math.min(limit, this.startedAt + config.totalTimeoutMs);
    const beatAt = now() + this.#heartbeatMs;
    return new Promise((resolve, reject) => {
      const waiter = { deadline, beatAt, resolve, reject };
      this.#waiter = waiter;
      this.#arm(Math.min(deadline, beatAt));
      promise.then(
        (value) => {
          if (this.#waiter === waiter) this.#waiter = undefined;
          resolve(value);
        },
        (error) => {
          if (this.#waiter === waiter) this.#waiter = undefined;
          reject(error);
        },
      );
    });
  }

  #arm(at: number) {
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    const delayMs = Math.max(0, Math.min(Math.ceil(at - this.#options.now()), timerMsMax));
    this.#timerAt = at;
    this.#timer = setTimeout(this.#onTimer, delayMs);
  }

  readonly #onTimer = () => {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const waiter = this.#waiter;
    if (!waiter) return;
    const now = this.#options.now();
    if (now >= waiter.deadline) {
      waiter.reject(new AppError("upstream.timeout", "The upstream did not answer in time."));
    } else if (now >= waiter.beatAt) {
      waiter.resolve(silence);
    } else {
      this.#arm(Math.min(waiter.deadline, waiter.beatAt));
      return;
    }
    this.#waiter = undefined;
  };
}
