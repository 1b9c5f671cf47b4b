import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListInvitesRequest,
  ListInvitesResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function listInvites(
  _context: UserContext,
  _request: ListInvitesRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListInvitesResponseSchema>> {
  throw new AppError("unimplemented", "ListInvites is not written yet");
}
