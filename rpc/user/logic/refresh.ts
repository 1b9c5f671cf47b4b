import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  Origin,
  RefreshRequest,
  SessionResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import type { ParsedToken } from "../refresh-token.ts";
import { type NewSession, originOf, sessionExpiry, sessionResponse } from "../session.ts";
import type { SessionRecord } from "../stores.ts";

export async function refresh(
  context: UserContext,
  request: RefreshRequest,
  _call: Call,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  const token = context.refreshTokens.parse(request.refreshToken);
  if (!token) throw new AppError("auth.token_invalid", "The refresh token is not valid.");
  for (let round = 0; round < roundsMax; round++) {
    const found = await context.stores.sessions.find(token.sessionId);
    if (!found || found.session.expiresAtMs <= context.now()) throw revoked();
    if (found.user.status !== "active") {
      throw new AppError("auth.user_disabled", "This account is disabled.");
    }
    const exchanged = await exchange(context, token, {
      session: found.session,
      origin: request.origin,
    });
    if (exchanged) return sessionResponse(context, found.user, exchanged);
  }
  throw new AppError("service.overloaded", "The session is being refreshed. Try again.");
}

/** `undefined` when another refresh came between reading the session and writing it. */
async function exchange(
  context: UserContext,
  token: ParsedToken,
  { session, origin }: { session: SessionRecord; origin: Origin | undefined },
): Promise<NewSession | undefined> {
  const { config, stores, refreshTokens, log } = context;
  if (refreshTokens.hash(token.text) === session.refreshHash) {
    return rotate(context, token, { session, origin });
  }
  const current = currentFor(context, token, session);
  if (current !== undefined) return { session, refreshToken: current };
  await stores.sessions.end(session.userId, session.id);
  log.warn(
    { userId: session.userId, sessionId: session.id, graceMs: config.refreshGraceMs },
    "a spent refresh token was used again; its session is ended",
  );
  throw revoked();
}

/** The token is the session's current one: its successor takes its place. */
async function rotate(
  { config, now, stores, refreshTokens }: UserContext,
  token: ParsedToken,
  { session, origin }: { session: SessionRecord; origin: Origin | undefined },
): Promise<NewSession | undefined> {
  const nowMs = now();
  const refreshToken = refreshTokens.successor(token);
  const spent = session.spent.filter(({ atMs }) => atMs + config.refreshGraceMs >= nowMs);
  const next: SessionRecord = {
    ...session,
    refreshHash: refreshTokens.hash(refreshToken),
    spent: [...spent, { hash: session.refreshHash, atMs: nowMs }].slice(-spentTokensMax),
    lastUsedAtMs: nowMs,
    expiresAtMs: sessionExpiry(config, session.createdAtMs, nowMs),
    ...(origin ? originOf(origin) : {}),
  };
  const won = await stores.sessions.rotate(next, session.refreshHash);
  return won ? { session: next, refreshToken } : undefined;
}

/**
 * For a token spent within the grace, the one that is current now: what the winner of the race got,
 * found by going on from the spent one. Nothing is rotated for it.
 */
function currentFor(
  { config, now, refreshTokens }: UserContext,
  token: ParsedToken,
  session: SessionRecord,
): string | undefined {
  const hash = refreshTokens.hash(token.text);
  const spent = session.spent.find((one) => one.hash === hash);
  if (!spent || spent.atMs + config.refreshGraceMs < now()) return undefined;
  let next: ParsedToken | undefined = token;
  for (let step = 0; next && step < spentTokensMax; step++) {
    const text = refreshTokens.successor(next);
    if (refreshTokens.hash(text) === session.refreshHash) return text;
    next = refreshTokens.parse(text);
  }
  return undefined;
}

/** Refreshes of one session that the grace covers at a time. */
const spentTokensMax = 16;
/** A refresh loses each round to another one of its session; then it finds its token spent. */
const roundsMax = 4;

const revoked = () => new AppError("auth.session_revoked", "The session has ended. Sign in again.");
