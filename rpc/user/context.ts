import type { DatabaseLocation } from "../../common/db/database.ts";
import { openDatabase } from "../../common/db/open-database.ts";
import type { Parts } from "../../common/parts.ts";
import { type AccessTokens, createAccessTokens } from "./access-token.ts";
import type { UserConfig } from "./config.ts";
import { createLoginBackoff, type LoginBackoff } from "./login-backoff.ts";
import { createPasswords, type Passwords } from "./password.ts";
import { startPurging } from "./purge.ts";
import { createRefreshTokens, type RefreshTokens } from "./refresh-token.ts";
import { loadSetupToken } from "./setup-token.ts";
import { loadSigningKey } from "./signing-key.ts";
import { createAttemptStore } from "./store/attempt-store.ts";
import { createDeploymentStore } from "./store/deployment-store.ts";
import { createInviteStore } from "./store/invite-store.ts";
import { migrations } from "./store/migrations.ts";
import type { Tables } from "./store/schema.ts";
import { createSessionStore } from "./store/session-store.ts";
import { createUserStore } from "./store/user-store.ts";
import type { UserStores } from "./stores.ts";

/** Cheaper hashes than this are for tests. */
const bcryptCostMin = 10;

/** Built once per process that runs the user service. */
export interface UserContext extends Pick<Parts, "log" | "now" | "events"> {
  readonly config: UserConfig;
  readonly stores: UserStores;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly loginBackoff: LoginBackoff;
  /**
   * What the first account from beyond loopback has to show; `undefined` when there was an account
   * at the start. The same in every replica and after every restart.
   */
  readonly setupToken: string | undefined;
  close(): Promise<void>;
}

export interface UserContextOptions {
  readonly config: UserConfig;
  readonly parts: Parts<"passwordPepper" | "masterKey">;
  readonly database: DatabaseLocation;
}

/** Throws a `DatabaseOpenError`, and an error when the master key is not the one of the database. */
export async function createUserContext(options: UserContextOptions): Promise<UserContext> {
  const { config, parts } = options;
  const { log, now, events } = parts;
  const { bcryptCost } = config.hashing;
  if (bcryptCost < bcryptCostMin) log.warn({ bcryptCost }, "passwords are hashed too cheaply");
  const database = await openDatabase<Tables>({
    ...options.database,
    schema: "apirouter_user",
    migrations,
    log,
  });
  try {
    const stores: UserStores = {
      users: createUserStore(database.sql),
      sessions: createSessionStore(database.sql),
      invites: createInviteStore(database.sql),
      attempts: createAttemptStore(database.sql),
    };
    const deployment = await loadDeployment(options, stores, createDeploymentStore(database.sql));
    const purging = startPurging({ stores, config, now, log });
    return {
      config,
      log,
      now,
      events,
      stores,
      passwords: createPasswords(config.hashing, parts.secrets.passwordPepper),
      refreshTokens: createRefreshTokens(parts.secrets.masterKey),
      loginBackoff: createLoginBackoff({
        config: config.loginBackoff,
        attempts: stores.attempts,
        now,
      }),
      ...deployment,
      async close() {
        await purging.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What the whole deployment shares, made at its first start. */
async function loadDeployment(
  { config, parts }: UserContextOptions,
  { users }: UserStores,
  store: ReturnType<typeof createDeploymentStore>,
): Promise<Pick<UserContext, "accessTokens" | "setupToken">> {
  const { masterKey } = parts.secrets;
  const key = await loadSigningKey({ masterKey, now: parts.now, keep: store.signingKey });
  const setupToken = (await users.any())
    ? undefined
    : await loadSetupToken({ masterKey, keep: store.setupToken });
  return {
    setupToken,
    accessTokens: createAccessTokens({
      key,
      issuer: config.issuer,
      lifeSeconds: config.accessTokenLifeSeconds,
      now: parts.now,
    }),
  };
}
