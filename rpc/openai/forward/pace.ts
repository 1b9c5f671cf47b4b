import { AppError } from "../../../common/errors.ts";
import type { OpenAIConfig } from "../config.ts";

const timerMsMax = 2 ** 31 - 1;

export interface PaceOptions {
  readonly config: OpenAIConfig;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** When nothing has to be said meanwhile. */
  readonly withHeartbeats: boolean;
}

/**
 * Keeps the time of one request. Only waiting for the upstream counts: while the caller's own side
 * is slow nobody asks the pace.
 */
export class Pace {
  readonly startedAt: number;
  readonly #options: PaceOptions;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.startedAt = options.now();
  }

  elapsedMs(): number {
    return this.#options.now() - this.startedAt;
  }

  now(): number {
    return this.#options.now();
  }

  /** Comes back when the upstream has its status ready, or failed. */
  async untilResponded(promise: Promise<unknown>): Promise<void> {
    for (let isSettled = false; !isSettled; ) isSettled = await this.responded(promise);
  }

  /** Like `settled`, for the upstream's status. */
  responded(promise: Promise<unknown>): Promise<boolean> {
    return this.settled(promise, this.startedAt, this.#options.config.firstByteTimeoutMs);
  }

  /**
   * True when the promise has settled, in whichever way; false when a heartbeat is due before that.
   * Throws `upstream.timeout` when it has not settled `limitMs` after `since`, or the request took
   * too long as a whole.
   */
  async settled(
    promise: Promise<unknown>,
    since: number,
    limitMs = this.#options.config.idleTimeoutMs,
  ): Promise<boolean> {
    const { config, now, withHeartbeats } = this.#options;
    const deadline = Math.min(since + limitMs, this.startedAt + config.totalTimeoutMs);
    const heartbeatMs = withHeartbeats ? config.heartbeatIntervalMs : timerMsMax;
    const waitMs = Math.max(0, Math.min(deadline - now(), heartbeatMs));
    if (await settledWithin(promise, waitMs)) return true;
    if (now() < deadline) return false;
    throw new AppError("upstream.timeout", "The upstream did not answer in time.");
  }
}

/** Never rejects, and leaves nothing behind that could. */
function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(Math.ceil(ms), timerMsMax), false);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}
