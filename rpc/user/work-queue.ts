import { AppError } from "../../common/errors.ts";

export interface WorkQueue {
  /**
   * Runs a task when its turn comes. Throws `service.overloaded` when too many wait already, and
   * `request.cancelled` when `signal` aborts before the turn.
   */
  run<Result>(task: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

export interface WorkQueueOptions {
  readonly concurrency: number;
  readonly waitingMax: number;
}

export function createWorkQueue({ concurrency, waitingMax }: WorkQueueOptions): WorkQueue {
  const waiting = new Set<() => void>();
  let running = 0;

  async function enter(signal: AbortSignal): Promise<void> {
    if (running < concurrency) {
      running++;
      return;
    }
    if (waiting.size >= waitingMax) {
      throw new AppError("service.overloaded", "Too many sign-ins at this moment. Try again.", {
        retryAfterSeconds: 1,
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      waiting.delete(resolve);
      reject(new AppError("request.cancelled", "The caller has gone."));
    };
    waiting.add(resolve);
    signal.addEventListener("abort", onAbort);
    await promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** Hands the place to the next in line, if there is one. */
  function leave(): void {
    const [next] = waiting;
    if (!next) {
      running--;
      return;
    }
    waiting.delete(next);
    next();
  }

  return {
    async run(task, signal) {
      if (signal.aborted) throw new AppError("request.cancelled", "The caller has gone.");
      await enter(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
