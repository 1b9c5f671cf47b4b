import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { RegisterRequest, SessionResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function register(
  _context: UserContext,
  _request: RegisterRequest,
  _call: Call,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  throw new AppError("unimplemented", "Register is not written yet");
}
