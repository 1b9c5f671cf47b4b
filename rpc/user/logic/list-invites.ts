import type { MessageInitShape } from "@bufbuild/protobuf";
import { sliceOf } from "../../../common/access/page.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListInvitesRequest,
  ListInvitesResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import { requireAdministrator } from "../administrator.ts";
import type { UserContext } from "../context.ts";
import { toInvite } from "../messages.ts";

export async function listInvites(
  context: UserContext,
  request: ListInvitesRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListInvitesResponseSchema>> {
  await requireAdministrator(context, request.actor);
  const slice = sliceOf(request.page);
  const { items, total } = await context.stores.invites.list(slice);
  return { invites: items.map(toInvite), total };
}
