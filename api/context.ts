import { createSecretKey, type KeyObject } from "node:crypto";
import type { Logger } from "../common/log.ts";
import type { Parts } from "../common/parts.ts";
import type { GatewayConfig } from "./config.ts";
import { CatalogueSnapshot } from "./dataplane/catalogue.ts";
import { KeyCache } from "./dataplane/key-cache.ts";
import { endedError } from "./dataplane/key-errors.ts";
import { createLookupKey } from "./dataplane/lookup-key.ts";
import { RunningRequests } from "./dataplane/running-requests.ts";
import { startWatches } from "./dataplane/watches.ts";
import type { Services } from "./services.ts";

export type { Services } from "./services.ts";

/** Built once per gateway process and handed down. */
export interface GatewayContext {
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly services: Services;
  readonly apiKeyPepper: KeyObject;
  readonly keys: KeyCache;
  /** Data plane requests, so that the end of a key or of the process can end them. */
  readonly running: RunningRequests;
  readonly catalogue: CatalogueSnapshot;
  /** Whether everything that requests are served from has been heard of at least once. */
  isReady(): boolean;
  /** Resolves when it has; never rejects, and never resolves while a service cannot be reached. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface GatewayContextOptions {
  readonly config: GatewayConfig;
  readonly services: Services;
  readonly parts: Pick<Parts, "log" | "now"> & {
    readonly secrets: Pick<Parts["secrets"], "apiKeyPepper">;
  };
}

/** Starts at once to watch the services, and goes on trying until `close`. */
export async function createGatewayContext(
  options: GatewayContextOptions,
): Promise<GatewayContext> {
  const { config, services, parts } = options;
  const { log, now } = parts;
  const running = new RunningRequests();
  const catalogue = new CatalogueSnapshot();
  const keys = new KeyCache({
    config: config.keyCache,
    log,
    lookup: createLookupKey(services),
    onEnded: (keyOrUserId, refusedAs) => running.cut(keyOrUserId, endedError(refusedAs)),
  });
  const watches = startWatches({ log, services, keys, running, catalogue });
  return {
    config,
    log,
    now,
    services,
    apiKeyPepper: createSecretKey(parts.secrets.apiKeyPepper),
    keys,
    running,
    catalogue,
    isReady: watches.haveBegun,
    ready: watches.begun,
    close: watches.close,
  };
}
