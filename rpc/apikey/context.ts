import type { DatabaseLocation } from "../../common/db/database.ts";
import { openDatabase } from "../../common/db/open-database.ts";
import type { Events } from "../../common/events/events.ts";
import type { Logger } from "../../common/log.ts";
import type { Parts } from "../../common/parts.ts";
import type { ApiKeyConfig } from "./config.ts";
import { type ApiKeyStore, createApiKeyStore } from "./store/api-key-store.ts";
import { migrations } from "./store/migrations.ts";
import type { ApiKeyTables } from "./store/schema.ts";

/** Built once per process and handed to every method. */
export interface ApiKeyContext {
  readonly config: ApiKeyConfig;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly events: Events;
  /** Keys the hashes of the secrets. */
  readonly pepper: Uint8Array;
  readonly store: ApiKeyStore;
  close(): Promise<void>;
}

export interface ApiKeyContextOptions {
  readonly config: ApiKeyConfig;
  readonly parts: Parts<"apiKeyPepper">;
  readonly database: DatabaseLocation;
}

export async function createApiKeyContext(options: ApiKeyContextOptions): Promise<ApiKeyContext> {
  const { config, parts } = options;
  const { log, now, events, secrets } = parts;
  const database = await openDatabase<ApiKeyTables>({
    ...options.database,
    schema: "apirouter_apikey",
    migrations,
    log,
  });
  return {
    config,
    log,
    now,
    events,
    pepper: secrets.apiKeyPepper,
    store: createApiKeyStore(database),
    close: () => database.close(),
  };
}
