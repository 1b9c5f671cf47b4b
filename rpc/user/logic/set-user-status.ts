import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { SetUserStatusRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import { administer, keepAnOwner } from "../administer.ts";
import type { UserContext } from "../context.ts";
import { parseStatus } from "../fields.ts";
import { toUser } from "../messages.ts";

export async function setUserStatus(
  context: UserContext,
  request: SetUserStatusRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  const status = parseStatus(request.status);
  const user = await administer(
    context,
    { actor: request.actor, targetId: request.id },
    (situation) => {
      if (status === "disabled") keepAnOwner(situation);
      return { status };
    },
  );
  return toUser(user);
}
