import type { MessageInitShape } from "@bufbuild/protobuf";
import { changedPermissions } from "../../../common/access/changed-permissions.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { SetUserAccessRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import { administer, keepAnOwner } from "../administer.ts";
import { mayRule } from "../administrator.ts";
import type { UserContext } from "../context.ts";
import { parsePermissions, parseRole } from "../fields.ts";
import { toUser } from "../messages.ts";

export async function setUserAccess(
  context: UserContext,
  request: SetUserAccessRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  const { permissions } = request;
  const role = request.role === undefined ? undefined : parseRole(request.role);
  const user = await administer(
    context,
    { actor: request.actor, targetId: request.id },
    (situation) => {
      if (role !== undefined) mayRule(situation.actor, role);
      if (role !== undefined && role !== "owner") keepAnOwner(situation);
      const before = situation.target.permissions;
      return {
        ...(role === undefined ? {} : { role }),
        ...(permissions && {
          permissions: parsePermissions(changedPermissions(before, permissions)),
        }),
      };
    },
  );
  return toUser(user);
}
