import type { Logger } from "./log.ts";

/**
 * Runs `stop` at the first SIGINT or SIGTERM and ends the process: with exit code 0 when it stopped
 * cleanly, 1 when it did not. A second signal ends it at once.
 */
export function stopOnSignals(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
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
