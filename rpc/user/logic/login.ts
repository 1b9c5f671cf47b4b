import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { LoginRequest, SessionResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function login(
  _context: UserContext,
  _request: LoginRequest,
  _call: Call,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  throw new AppError("unimplemented", "Login is not written yet");
}
