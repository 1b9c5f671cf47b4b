import type { Logger } from "./log.ts";

/** Breaks shorter than this are the everyday ones: a replica restarts, a leader is elected. */
const patienceMs = 3_000;

/** Says once that something stays away, and once that it is back. */
export interface OutageNotice {
  failed(error: unknown): void;
  worked(): void;
}

export interface OutageOptions {
  readonly log: Logger;
  /** What is watched, as fields of both log lines. */
  readonly subject: Readonly<Record<string, string>>;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

/**
 * For what is tried again for ever. Without it a wrong address would be a process that waits and
 * says nothing; with a line for each attempt the log of a long outage would be only that.
 */
export function createOutageNotice({
  log,
  subject,
  now = () => performance.now(),
}: OutageOptions): OutageNotice {
  let awaySince: number | undefined = now();
  let told = false;
  return {
    failed(error) {
      awaySince ??= now();
      if (told || now() - awaySince < patienceMs) return;
      told = true;
      log.warn({ error, ...subject }, "cannot be watched; trying again until it can");
    },
    worked() {
      if (told) log.info(subject, "watched again");
      awaySince = undefined;
      told = false;
    },
  };
}
