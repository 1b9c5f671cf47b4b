import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  RevokeSessionRequest,
  RevokeSessionResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { checkId } from "../fields.ts";

export async function revokeSession(
  { stores }: UserContext,
  request: RevokeSessionRequest,
  _call: Call,
): Promise<MessageInitShape<typeof RevokeSessionResponseSchema>> {
  checkId(request.sessionId);
  if (!(await stores.sessions.end(request.userId, request.sessionId))) {
    throw new AppError("resource.not_found", "There is no such session.");
  }
  return {};
}
