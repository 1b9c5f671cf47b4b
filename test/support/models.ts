import { after, before } from "node:test";
import { AppError } from "../../common/errors.ts";
import type { Events } from "../../common/events/events.ts";
import { createLocalEvents } from "../../common/events/local-events.ts";
import { createLog } from "../../common/log.ts";
import type { Call } from "../../common/rpc/call.ts";
import { createLocalClient } from "../../common/rpc/local.ts";
import type { Client } from "../../common/rpc/service.ts";
import { knownProviders } from "../../compose/known-providers.ts";
import { ModelService } from "../../gen/rpc/model/model_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { ModelConfig } from "../../rpc/model/config.ts";
import { createModelContext } from "../../rpc/model/context.ts";
import { createModelMethods } from "../../rpc/model/methods.ts";
import { limits, type TestDatabase, type TestEngine } from "./databases.ts";

export const call: Call = { requestId: "test", signal: new AbortController().signal };
export const admin = { userId: "ada", role: "admin" };
export const member = { userId: "max", role: "member" };

/** Every secret of these tests. */
export const secrets = {
  apiKeyPepper: new Uint8Array(32).fill(1),
  passwordPepper: new Uint8Array(32).fill(2),
  masterKey: new Uint8Array(32).fill(3),
};

export interface ModelReplica {
  readonly client: Client<typeof ModelService>;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  readonly config?: Parameters<typeof ModelConfig.parse>[0];
  readonly events?: Events;
  /** An openai service that is away, unless given. */
  readonly openai?: Client<typeof OpenAIService>;
  readonly masterKey?: Uint8Array;
}

export interface ModelFixture {
  readonly database: TestDatabase;
  /** The network between the replicas. */
  readonly events: Events;
  /** A replica over the suite's database; closed with the suite if not before. */
  start(options?: ReplicaOptions): Promise<ModelReplica>;
}

/** An empty database for each suite, and replicas of the model service on it. */
export function useModels(engine: TestEngine): () => ModelFixture {
  let fixture: ModelFixture | undefined;
  const opened = new AsyncDisposableStack();
  before(async () => {
    const database = await engine.create();
    opened.defer(database.drop);
    const events = createLocalEvents();
    const start = async (options: ReplicaOptions = {}) => {
      const replica = await startReplica(database, { events, ...options });
      opened.defer(replica.close);
      return replica;
    };
    fixture = { database, events, start };
  });
  after(() => opened.disposeAsync());
  return () => {
    if (!fixture) throw new Error("the suite has not started");
    return fixture;
  };
}

async function startReplica(
  database: TestDatabase,
  { config = {}, events = createLocalEvents(), openai = absentOpenAI, ...rest }: ReplicaOptions,
): Promise<ModelReplica> {
  const context = await createModelContext({
    config: ModelConfig.parse(config),
    parts: {
      log: createLog({ level: "silent", format: "json" }, "test"),
      now: Date.now,
      events,
      secrets: { ...secrets, ...rest },
    },
    database: { url: database.url, limits },
    providers: knownProviders,
    openai,
  });
  let closed: Promise<void> | undefined;
  return {
    client: createLocalClient(ModelService, () => createModelMethods(context)),
    close: () => (closed ??= context.close()),
  };
}

/** An openai service that is away. */
export const absentOpenAI = createLocalClient(OpenAIService, () => {
  throw new AppError("service.unavailable", "No openai service is running.");
});

/** A watch that a test reads step by step. */
export function follow<Message>(open: (call: Call) => AsyncIterable<Message>) {
  const stop = new AbortController();
  const messages = open({ ...call, signal: stop.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<Message> => {
    const { value, done } = await messages.next();
    if (done) throw new Error("the watch ended");
    return value;
  };
  return {
    next,
    /** The first message from here on that is as expected. */
    async until(isExpected: (message: Message) => boolean): Promise<Message> {
      for (;;) {
        const message = await next();
        if (isExpected(message)) return message;
      }
    },
    stop: () => stop.abort(),
  };
}
