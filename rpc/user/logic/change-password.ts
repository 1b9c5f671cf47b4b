import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ChangePasswordRequest,
  ChangePasswordResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { checkFields, isPossiblePassword, passwordProblem } from "../fields.ts";
import type { UserRecord } from "../stores.ts";

export async function changePassword(
  context: UserContext,
  request: ChangePasswordRequest,
  call: Call,
): Promise<MessageInitShape<typeof ChangePasswordResponseSchema>> {
  const { userId, sessionId, currentPassword, newPassword } = request;
  checkFields(passwordProblem(newPassword, "new_password"));
  const user = await context.stores.users.find(userId);
  if (!user) throw new AppError("auth.required", "Sign in first.");
  await checkCurrentPassword(context, user, { password: currentPassword, signal: call.signal });
  const changed = await context.stores.users.changePassword({
    userId,
    from: user.passwordHash,
    to: await context.passwords.hash(newPassword, call.signal),
    keptSessionId: sessionId,
    nowMs: context.now(),
  });
  // Somebody else changed it while we hashed.
  if (!changed) throw wrong();
  context.log.info({ userId }, "password changed; other sessions ended");
  return {};
}

/** Guessing here is slowed down as at sign-in: whoever holds a session may not be its owner. */
async function checkCurrentPassword(
  { passwords, loginBackoff }: UserContext,
  user: UserRecord,
  { password, signal }: { password: string; signal: AbortSignal },
): Promise<void> {
  if (!isPossiblePassword(password)) throw wrong();
  const attempt = await loginBackoff.begin(user.id, `signed in as ${user.id}`);
  let right: boolean;
  try {
    right = await passwords.verify(password, user.passwordHash, signal);
  } catch (error) {
    await attempt.withdrawn();
    throw error;
  }
  if (!right) throw wrong();
  await attempt.succeeded();
}

const wrong = () => new AppError("auth.invalid_credentials", "The current password is not right.");
