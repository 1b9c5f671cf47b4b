import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { LoginRequest, SessionResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { hasControlCharacters, isPossiblePassword, keyOf } from "../fields.ts";
import { newSession, sessionResponse } from "../session.ts";
import type { UserRecord } from "../stores.ts";

export async function login(
  context: UserContext,
  request: LoginRequest,
  call: Call,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  const login = request.login.trim();
  const { password, origin } = request;
  if (hasControlCharacters(login) || login.length > loginCharactersMax) throw wrong();
  if (!isPossiblePassword(password)) throw wrong();
  const user = await checkPassword(context, { login, password, ip: origin?.ip ?? "" }, call.signal);

  const begun = newSession(context, user.id, origin);
  const { sessionsPerUserMax } = context.config;
  // The password may have been changed, or the user disabled, while it was checked.
  if (
    !(await context.stores.sessions.begin(begun.session, user.passwordHash, sessionsPerUserMax))
  ) {
    throw wrong();
  }
  return sessionResponse(context, user, begun);
}

/** Takes as long for an account that does not exist as for a wrong password, and says the same. */
async function checkPassword(
  context: UserContext,
  { login, password, ip }: { login: string; password: string; ip: string },
  signal: AbortSignal,
): Promise<UserRecord> {
  const { stores, passwords, loginBackoff } = context;
  const user = await stores.users.findByLogin(login);
  // By the name that was given, never by the account that it led to: else the name and the address
  // of one account, or two spellings of a name, would show by their common wait that it exists.
  const attempt = await loginBackoff.begin(keyOf(login), ip);
  let right: boolean;
  try {
    right = await passwords.verify(password, user?.passwordHash, signal);
  } catch (error) {
    await attempt.withdrawn();
    throw error;
  }
  if (!user || !right) throw wrong();
  await attempt.succeeded();
  if (user.status !== "active") {
    throw new AppError("auth.user_disabled", "This account is disabled.");
  }
  return withCurrentHash(context, user, { password, signal });
}

/** Hashes anew what was hashed at another cost: only now do we know the password. */
async function withCurrentHash(
  { stores, passwords }: UserContext,
  user: UserRecord,
  { password, signal }: { password: string; signal: AbortSignal },
): Promise<UserRecord> {
  if (!passwords.isOutdated(user.passwordHash)) return user;
  const passwordHash = await passwords.hash(password, signal);
  await stores.users.rehash(user.id, user.passwordHash, passwordHash);
  return { ...user, passwordHash };
}

const loginCharactersMax = 254;

const wrong = () =>
  new AppError("auth.invalid_credentials", "The name or the password is not right.");
