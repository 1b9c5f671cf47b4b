import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteInviteRequest,
  DeleteInviteResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import { mayRule, requireAdministrator } from "../administrator.ts";
import type { UserContext } from "../context.ts";
import { checkId } from "../fields.ts";

export async function deleteInvite(
  context: UserContext,
  request: DeleteInviteRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteInviteResponseSchema>> {
  const actor = await requireAdministrator(context, request.actor);
  checkId(request.id);
  const invite = await context.stores.invites.find(request.id);
  if (!invite) throw new AppError("resource.not_found", "There is no such invitation.");
  mayRule(actor, invite.role);
  await context.stores.invites.delete(invite.id);
  return {};
}
