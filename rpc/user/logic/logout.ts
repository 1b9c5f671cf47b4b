import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { LogoutRequest, LogoutResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function logout(
  { stores }: UserContext,
  request: LogoutRequest,
  _call: Call,
): Promise<MessageInitShape<typeof LogoutResponseSchema>> {
  await stores.sessions.end(request.userId, request.sessionId);
  return {};
}
