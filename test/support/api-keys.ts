import { after, before } from "node:test";
import { hashSecret } from "../../common/api-key.ts";
import type { Events } from "../../common/events/events.ts";
import { createLocalEvents } from "../../common/events/local-events.ts";
import { createLog } from "../../common/log.ts";
import type { Call } from "../../common/rpc/call.ts";
import { createLocalClient } from "../../common/rpc/local.ts";
import type { Client } from "../../common/rpc/service.ts";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { ApiKeyConfig } from "../../rpc/apikey/config.ts";
import { createApiKeyContext } from "../../rpc/apikey/context.ts";
import { createApiKeyMethods } from "../../rpc/apikey/methods.ts";
import { limits, type TestDatabase, type TestEngine } from "./databases.ts";

/** A caller's side of every request in these tests. */
export const call: Call = { requestId: "test", signal: new AbortController().signal };

export const everything = { endpoints: ["*"], models: { allow: ["*"] } };
const pepper = new Uint8Array(32).fill(7);

export interface ApiKeyReplica {
  readonly client: Client<typeof ApiKeyService>;
  /** How the gateway asks about a secret. */
  validate(secret: string): ReturnType<Client<typeof ApiKeyService>["validateApiKey"]>;
  /** A key with a secret, for a user who may do everything. */
  issue(key: { userId: string; name?: string; expiresAtMs?: number }): Promise<IssuedKey>;
}

interface IssuedKey {
  readonly id: string;
  readonly secret: string;
}

interface ApiKeyFixture {
  /** Two of a service's replicas: one database, one network of events. */
  readonly replicas: readonly [ApiKeyReplica, ApiKeyReplica];
  readonly database: TestDatabase;
  readonly events: Events;
  /** Everybody's clock; stands still unless a test moves it. */
  readonly clock: { nowMs: number };
  /** A further replica with its own limits or events, closed with the rest. */
  start(options: ReplicaOptions): Promise<ApiKeyReplica>;
}

export interface ReplicaOptions {
  readonly config?: Partial<ApiKeyConfig>;
  readonly events?: Events;
}

/** Starts the service before the tests of a suite and stops it behind them. */
export function useApiKeys(engine: TestEngine): () => ApiKeyFixture {
  let fixture: ApiKeyFixture | undefined;
  const opened = new AsyncDisposableStack();
  before(async () => {
    const database = await engine.create();
    opened.defer(database.drop);
    const clock = { nowMs: Date.now() };
    const events = createLocalEvents();
    const start = async (options: ReplicaOptions) => {
      const replica = await startReplica({ events, ...options, clock, database });
      opened.defer(replica.close);
      return replica;
    };
    fixture = { replicas: [await start({}), await start({})], database, events, clock, start };
  });
  after(() => opened.disposeAsync());
  return () => fixture!;
}

async function startReplica(options: {
  config?: Partial<ApiKeyConfig>;
  events: Events;
  clock: { nowMs: number };
  database: TestDatabase;
}): Promise<ApiKeyReplica & { close(): Promise<void> }> {
  const context = await createApiKeyContext({
    config: ApiKeyConfig.parse(options.config ?? {}),
    parts: {
      log: createLog({ level: "silent", format: "json" }, "apikey"),
      now: () => options.clock.nowMs,
      events: options.events,
      secrets: { apiKeyPepper: pepper },
    },
    database: { url: options.database.url, limits },
  });
  const client = createLocalClient(ApiKeyService, () => createApiKeyMethods(context));
  return {
    client,
    validate: (secret) => client.validateApiKey({ secretHash: hashSecret(pepper, secret) }, call),
    async issue(key) {
      const request = { name: "a key", ...key, ownerPermissions: everything };
      const { key: issued, secret } = await client.generateApiKey(request, call);
      return { id: issued?.id ?? "", secret };
    },
    close: context.close,
  };
}
