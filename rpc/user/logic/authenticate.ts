import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  AuthenticateRequest,
  AuthenticateResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { toUser } from "../messages.ts";

export async function authenticate(
  context: UserContext,
  request: AuthenticateRequest,
  _call: Call,
): Promise<MessageInitShape<typeof AuthenticateResponseSchema>> {
  const { accessTokens, stores, now } = context;
  const { userId, sessionId } = await accessTokens.verify(request.accessToken);
  const found = await stores.sessions.find(sessionId);
  if (found?.session.userId !== userId || found.session.expiresAtMs <= now()) {
    throw new AppError("auth.session_revoked", "The session has ended. Sign in again.");
  }
  if (found.user.status !== "active") {
    throw new AppError("auth.user_disabled", "This account is disabled.");
  }
  return { user: toUser(found.user), sessionId };
}
