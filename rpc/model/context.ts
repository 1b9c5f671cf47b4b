import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseLocation } from "../../common/db/database.ts";
import { openDatabase } from "../../common/db/open-database.ts";
import type { Parts } from "../../common/parts.ts";
import type { Client } from "../../common/rpc/service.ts";
import type { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { announce } from "./announce.ts";
import type { ModelConfig } from "./config.ts";
import { type Credentials, createCredentials } from "./credentials.ts";
import { storeDeclared } from "./declared.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import type { KnownProvider } from "./known-provider.ts";
import type { ModelLimits } from "./limits.ts";
import { createLiveSnapshot, type LiveSnapshot } from "./live-snapshot.ts";
import { buildSnapshot } from "./snapshot.ts";
import { type ChannelStore, createChannelStore } from "./store/channel-store.ts";
import { createDiscoveryStore } from "./store/discovery-store.ts";
import { migrations } from "./store/migrations.ts";
import { createModelStore, type ModelStore } from "./store/model-store.ts";
import type { ModelTables } from "./store/schema.ts";

const refreshWaitMs = 1_000;

/** Built once per process of the model service and handed down. */
export interface ModelContext {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly limits: ModelLimits;
  readonly providers: readonly KnownProvider[];
  readonly models: ModelStore;
  readonly channels: ChannelStore;
  readonly credentials: Credentials;
  readonly snapshot: LiveSnapshot;
  readonly discovery: Discovery;
  /** Asks the upstreams: this service itself speaks no HTTP. */
  readonly openai: Client<typeof OpenAIService>;
  /** Tells every watcher of every replica that an entry was changed. */
  announce(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface ModelContextOptions {
  readonly config: ModelConfig;
  readonly parts: Parts<"masterKey">;
  readonly database: DatabaseLocation;
  readonly providers: readonly KnownProvider[];
  readonly openai: Client<typeof OpenAIService>;
}

/** Opens the store, brings it to what the configuration declares, and starts what watches it. */
export async function createModelContext(options: ModelContextOptions): Promise<ModelContext> {
  const { config, parts, openai } = options;
  const { log, now, events } = parts;
  const database = await openDatabase<ModelTables>({
    ...options.database,
    schema: "apirouter_model",
    migrations,
    log,
  });
  const stores = {
    models: createModelStore(database.sql),
    channels: createChannelStore(database.sql),
    credentials: createCredentials(parts.secrets.masterKey),
  };
  let declaredChanged: boolean;
  try {
    declaredChanged = await storeDeclared({ ...stores, config, log, nowMs: now() });
  } catch (error) {
    await database.close();
    throw error;
  }

  const snapshot = createLiveSnapshot({
    log,
    events,
    load: async () => buildSnapshot(await stores.models.all(), await stores.channels.all()),
  });
  const tell = async (id: string) => {
    // Our own watchers hear of a change before whoever made it, unless the store is away.
    const told = Promise.race([
      snapshot.refresh(),
      sleep(refreshWaitMs, undefined, { ref: false }),
    ]);
    await Promise.all([told, announce(events, id)]);
  };
  const { limits } = config;
  const discovery = createDiscovery({
    config: config.discovery,
    store: createDiscoveryStore(database.sql),
    limits,
    openai,
    log,
    now,
    announce: tell,
  });
  // Not awaited: a process starts without its events, and its replicas read anew once they are back.
  if (declaredChanged) {
    tell("declared").catch((error) => log.warn({ error }, "replicas were not told of changes"));
  }
  return {
    ...stores,
    now,
    limits,
    providers: options.providers,
    snapshot,
    discovery,
    openai,
    announce: tell,
    async close() {
      await discovery.close();
      await snapshot.close();
      await database.close();
    },
  };
}
