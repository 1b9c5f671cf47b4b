import { randomUUIDv7 } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Origin, SessionResponseSchema } from "../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "./context.ts";
import { toUser } from "./messages.ts";
import type { SessionRecord, UserRecord } from "./stores.ts";

const ipCharactersMax = 64;
const userAgentCharactersMax = 256;

export interface NewSession {
  readonly session: SessionRecord;
  readonly refreshToken: string;
}

/** A session that starts now, not kept yet, and the only copy of its refresh token. */
export function newSession(
  { config, now, refreshTokens }: UserContext,
  userId: string,
  origin: Origin | undefined,
): NewSession {
  const id = randomUUIDv7();
  const nowMs = now();
  const refreshToken = refreshTokens.first(id);
  const session: SessionRecord = {
    id,
    userId,
    refreshHash: refreshTokens.hash(refreshToken),
    spent: [],
    createdAtMs: nowMs,
    lastUsedAtMs: nowMs,
    expiresAtMs: sessionExpiry(config, nowMs, nowMs),
    ...originOf(origin),
  };
  return { session, refreshToken };
}

/** A session ends when it was not used for long, and after its longest life in any case. */
export const sessionExpiry = (
  config: UserContext["config"],
  createdAtMs: number,
  usedAtMs: number,
): number =>
  Math.min(
    usedAtMs + config.refreshTokenLifeSeconds * 1_000,
    createdAtMs + config.sessionLifeSecondsMax * 1_000,
  );

export const originOf = (origin: Origin | undefined) => ({
  ip: printable(origin?.ip).slice(0, ipCharactersMax),
  userAgent: printable(origin?.userAgent).slice(0, userAgentCharactersMax),
});

const printable = (text = "") => text.replace(/\p{Cc}/gu, " ");

/** What a client gets to hold a session with. */
export async function sessionResponse(
  { accessTokens }: UserContext,
  user: UserRecord,
  { session, refreshToken }: NewSession,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  const access = await accessTokens.issue({ userId: user.id, sessionId: session.id });
  return {
    user: toUser(user),
    sessionId: session.id,
    accessToken: access.token,
    accessExpiresAtMs: access.expiresAtMs,
    refreshToken,
    refreshExpiresAtMs: session.expiresAtMs,
  };
}
