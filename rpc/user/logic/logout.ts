import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { LogoutRequest, LogoutResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function logout(
  _context: UserContext,
  _request: LogoutRequest,
  _call: Call,
): Promise<MessageInitShape<typeof LogoutResponseSchema>> {
  throw new AppError("unimplemented", "Logout is not written yet");
}
