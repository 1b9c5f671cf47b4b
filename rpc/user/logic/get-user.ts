import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { GetUserRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function getUser(
  _context: UserContext,
  _request: GetUserRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  throw new AppError("unimplemented", "GetUser is not written yet");
}
