import type { Logger } from "./log.ts";

/** npm hands on a Ctrl-C that the terminal has already sent to us: both are one wish. */
const sameWishMs = 500;

/**
 * Runs `stop` at the first SIGINT or SIGTERM and ends the process: with exit code 0 when it stopped
 * cleanly, 1 when it did not. A second signal, a moment later, ends it at once.
 */
export function stopOnSignals(log: Logger, stop: () => Promise<void>): void {
  let stoppingSince: number | undefined;
  const onSignal = async (signal: NodeJS.Signals) => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > sameWishMs) process.exit(130);
      return;
    }
    stoppingSince = performance.now();
    log.info({ signal }, "stopping; a second signal ends at once");
    try {
      await stop();
      log.info("stopped");
      process.exit(0);
    } catch (error) {
      log.error({ error }, "could not stop cleanly");
      process.exit(1);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}
