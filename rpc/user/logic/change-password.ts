import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ChangePasswordRequest,
  ChangePasswordResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function changePassword(
  _context: UserContext,
  _request: ChangePasswordRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChangePasswordResponseSchema>> {
  throw new AppError("unimplemented", "ChangePassword is not written yet");
}
