import type { Logger } from "../../common/log.ts";
import type { UserConfig } from "./config.ts";
import type { UserStores } from "./stores.ts";

/** Used and expired invitations are still shown for this long. */
const inviteKeptMs = 90 * 86_400_000;

export interface PurgingOptions {
  readonly stores: UserStores;
  readonly config: UserConfig;
  readonly now: () => number;
  readonly log: Logger;
}

/** Deletes what has expired, every now and then. Nothing depends on it but the size of the tables. */
export function startPurging({ stores, config, now, log }: PurgingOptions) {
  let running = Promise.resolve();
  const purge = async () => {
    try {
      await stores.sessions.purge(now());
      await stores.attempts.purge(now() - config.loginBackoff.forgetAfterSeconds * 1_000);
      await stores.invites.purge(now() - inviteKeptMs);
    } catch (error) {
      log.warn({ error }, "expired rows could not be deleted; trying again later");
    }
  };
  const timer = setInterval(() => {
    running = running.then(purge);
  }, config.purgeIntervalSeconds * 1_000).unref();
  return {
    stop(): Promise<void> {
      clearInterval(timer);
      return running;
    },
  };
}
