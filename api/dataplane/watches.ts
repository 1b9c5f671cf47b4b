import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../common/log.ts";
import { keepWatching } from "../../common/rpc/keep-watching.ts";
import type { Services } from "../services.ts";
import type { CatalogueSnapshot } from "./catalogue.ts";
import type { KeyCache } from "./key-cache.ts";
import type { RunningRequests } from "./running-requests.ts";

export interface WatchesOptions {
  readonly log: Logger;
  readonly services: Services;
  readonly keys: KeyCache;
  readonly running: RunningRequests;
  readonly catalogue: CatalogueSnapshot;
}

export interface Watches {
  /** Whether each of them has been in place. */
  haveBegun(): boolean;
  /** Resolves when they have. */
  readonly begun: Promise<void>;
  close(): Promise<void>;
}

/** How many keys are looked up at once when it is not known which of them changed. */
const recheckWidth = 32;
const recheckRetryMs = 1_000;

/** Keeps what the data plane holds in step with the services. */
export function startWatches(options: WatchesOptions): Watches {
  const { log, services, keys, running, catalogue } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const inPlace = { keys: false, users: false };
  const begun = Promise.withResolvers<void>();
  let keysBegun = false;
  /** Counts the times that both watches came into place. */
  let inPlaceSince = 0;
  const haveBegun = () => keysBegun && catalogue.loaded;
  const noteBegun = () => {
    if (haveBegun()) begun.resolve();
  };
  const setInPlace = (watch: "keys" | "users", isInPlace: boolean) => {
    inPlace[watch] = isInPlace;
    const both = inPlace.keys && inPlace.users;
    keys.watching(both);
    if (!both) return;
    keysBegun = true;
    noteBegun();
    inPlaceSince += 1;
    const since = inPlaceSince;
    const isDue = () => !signal.aborted && inPlace.keys && inPlace.users && since === inPlaceSince;
    void recheckRunning({ keys, running, log }, isDue);
  };
  const loops = [
    keepWatching({
      name: "api-keys",
      log,
      signal,
      open: (call) => services.apikey.watchApiKeys({}, call),
      onMessage({ keyId, status }) {
        if (keyId === "") setInPlace("keys", true);
        else keys.keyChanged(keyId, status);
      },
      onLost: () => setInPlace("keys", false),
    }),
    keepWatching({
      name: "users",
      log,
      signal,
      open: (call) => services.user.watch({}, call),
      onMessage({ userId, status }) {
        if (userId === "") setInPlace("users", true);
        else keys.userChanged(userId, status);
      },
      onLost: () => setInPlace("users", false),
    }),
    keepWatching({
      name: "catalogue",
      log,
      signal,
      open: (call) => services.model.watchCatalogue({}, call),
      onMessage(message) {
        catalogue.replace(message);
        noteBegun();
      },
    }),
  ];
  return {
    haveBegun,
    begun: begun.promise,
    async close() {
      ending.abort();
      await Promise.all(loops);
    },
  };
}

/**
 * Keys may have ended while nobody could tell us; what runs with them has to end as well. Those that
 * cannot be looked up are tried again for as long as it is due, since no further news would come.
 */
async function recheckRunning(
  { keys, running, log }: Pick<WatchesOptions, "keys" | "running" | "log">,
  isDue: () => boolean,
) {
  for (let hashes = running.secretHashes(); hashes.length > 0 && isDue(); ) {
    const failed: Uint8Array[] = [];
    for (let from = 0; from < hashes.length; from += recheckWidth) {
      const some = hashes.slice(from, from + recheckWidth);
      const results = await Promise.allSettled(
        some.map((hash) => keys.recheck(hash, "recheck-running")),
      );
      failed.push(...some.filter((_, index) => results[index]?.status === "rejected"));
    }
    if (failed.length === 0) return;
    log.warn({ keys: failed.length }, "cannot look the keys of running requests up; trying again");
    await sleep(recheckRetryMs, undefined, { ref: false });
    hashes = failed;
  }
}
