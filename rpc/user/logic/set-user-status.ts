import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { SetUserStatusRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function setUserStatus(
  _context: UserContext,
  _request: SetUserStatusRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  throw new AppError("unimplemented", "SetUserStatus is not written yet");
}
