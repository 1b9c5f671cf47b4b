import { AppError } from "../../../common/errors.ts";

interface Limits {
  readonly slotsMax: number;
  readonly waitingMax: number;
}

/**
 * Lets so many through at once and keeps a bounded line of others. We keep the line ourselves,
 * because one that leaves it must be gone at once with all that it holds, its body above all.
 */
export class ConnectionSlots {
  readonly #limits: Limits;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Resolves when a slot is taken; rejects with the signal's reason, or when the line is full. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#taken < this.#limits.slotsMax) {
      this.#taken += 1;
      return;
    }
    if (this.#waiting.size >= this.#limits.waitingMax) {
      throw new AppError("service.overloaded", "Too many requests wait for this upstream.", {
        retryAfterSeconds: 1,
      });
    }
    await this.#wait(signal);
  }

  /** Hands the slot to the one who has waited longest. */
  give() {
    const [next] = this.#waiting;
    if (next) next();
    else this.#taken -= 1;
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener("abort", onAbort);
      };
      const enter = () => {
        leave();
        resolve();
      };
      const onAbort = () => {
        leave();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort);
      this.#waiting.add(enter);
    });
  }
}
