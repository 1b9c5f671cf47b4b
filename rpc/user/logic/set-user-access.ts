import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { SetUserAccessRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function setUserAccess(
  _context: UserContext,
  _request: SetUserAccessRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  throw new AppError("unimplemented", "SetUserAccess is not written yet");
}
