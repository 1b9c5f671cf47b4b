import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteInviteRequest,
  DeleteInviteResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function deleteInvite(
  _context: UserContext,
  _request: DeleteInviteRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteInviteResponseSchema>> {
  throw new AppError("unimplemented", "DeleteInvite is not written yet");
}
