import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  CreateInviteRequest,
  CreateInviteResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function createInvite(
  _context: UserContext,
  _request: CreateInviteRequest,
  _call: Call,
): Promise<MessageInitShape<typeof CreateInviteResponseSchema>> {
  throw new AppError("unimplemented", "CreateInvite is not written yet");
}
