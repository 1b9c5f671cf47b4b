import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { UpdateProfileRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function updateProfile(
  _context: UserContext,
  _request: UpdateProfileRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  throw new AppError("unimplemented", "UpdateProfile is not written yet");
}
