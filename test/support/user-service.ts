import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { createLocalEvents } from "../../common/events/local-events.ts";
import { serializeError } from "../../common/log.ts";
import type { Parts } from "../../common/parts.ts";
import type { Call } from "../../common/rpc/call.ts";
import { createLocalClient } from "../../common/rpc/local.ts";
import type { Client } from "../../common/rpc/service.ts";
import { type SessionResponse, UserService } from "../../gen/rpc/user/user_pb.ts";
import { UserConfig } from "../../rpc/user/config.ts";
import { createUserContext, type UserContext } from "../../rpc/user/context.ts";
import { createUserMethods } from "../../rpc/user/methods.ts";
import { limits, type TestDatabase, type TestEngine } from "./databases.ts";

type UserClient = Client<typeof UserService>;
type ConfigInput = NonNullable<Parameters<typeof UserConfig.parse>[0]>;

/** A user service of a test's own, and a clock that only the test moves. */
export interface TestUserService {
  readonly client: UserClient;
  readonly context: UserContext;
  readonly home: TestDatabase;
  readonly parts: Parts;
  /** Every line that it logged, as JSON. */
  readonly logged: string[];
  advance(ms: number): void;
  /** Another process on the same database. */
  replica(change?: { config?: ConfigInput; parts?: Partial<Parts> }): Promise<UserClient>;
  close(): Promise<void>;
}

export const call: Call = { requestId: "test", signal: new AbortController().signal };
export const password = "correct horse battery";
export const origin = { ip: "192.0.2.1", userAgent: "test" };

const cheap = { registration: "open", hashing: { bcryptCost: 4 } };

export async function startUserService(
  engine: TestEngine,
  config: ConfigInput = {},
): Promise<TestUserService> {
  const home = await engine.create();
  const logged: string[] = [];
  const contexts: UserContext[] = [];
  let nowMs = Date.now();
  const parts: Parts = {
    log: pino(
      { level: "trace", serializers: { error: serializeError } },
      { write: (line) => logged.push(line) },
    ),
    now: () => nowMs,
    events: createLocalEvents(),
    secrets: {
      apiKeyPepper: randomBytes(32),
      passwordPepper: randomBytes(32),
      masterKey: randomBytes(32),
    },
  };
  const start = async (changed: ConfigInput = {}, otherParts: Partial<Parts> = {}) => {
    const context = await createUserContext({
      config: UserConfig.parse({ ...cheap, ...config, ...changed }),
      parts: { ...parts, ...otherParts },
      database: { url: home.url, limits },
    });
    contexts.push(context);
    return context;
  };
  const context = await start().catch(async (error) => {
    await home.drop();
    throw error;
  });
  return {
    client: clientOf(context),
    context,
    home,
    parts,
    logged,
    advance: (ms) => {
      nowMs += ms;
    },
    replica: async (change) => clientOf(await start(change?.config, change?.parts)),
    async close() {
      await Promise.all(contexts.map((one) => one.close()));
      await home.drop();
    },
  };
}

const clientOf = (context: UserContext): UserClient =>
  createLocalClient(UserService, () => createUserMethods(context));

interface RegisterChange {
  email?: string;
  password?: string;
  inviteCode?: string;
  setupToken?: string;
  loopbackListener?: boolean;
  username?: string;
}

/** Registers over loopback; the first one becomes the owner. */
export const register = (
  client: UserClient,
  username: string,
  change: RegisterChange = {},
): Promise<SessionResponse> => {
  const email = `${username}@example.com`;
  const request = { username, email, password, origin, loopbackListener: true, ...change };
  return client.register(request, call);
};

interface LoginChange {
  password?: string;
  origin?: { ip: string; userAgent: string };
}

export const login = (
  client: UserClient,
  name: string,
  change: LoginChange = {},
): Promise<SessionResponse> => client.login({ login: name, password, origin, ...change }, call);

export function userOf(session: SessionResponse) {
  assert.ok(session.user);
  return session.user;
}

export const actorOf = (session: SessionResponse) => {
  const { id, role } = userOf(session);
  return { userId: id, role };
};

/** `ok`, or the code of the error. */
export const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "ok",
    (error) => error.code ?? String(error),
  );
