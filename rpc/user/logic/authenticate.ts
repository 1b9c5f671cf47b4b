import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  AuthenticateRequest,
  AuthenticateResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function authenticate(
  _context: UserContext,
  _request: AuthenticateRequest,
  _call: Call,
): Promise<MessageInitShape<typeof AuthenticateResponseSchema>> {
  throw new AppError("unimplemented", "Authenticate is not written yet");
}
