import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  RevokeSessionRequest,
  RevokeSessionResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function revokeSession(
  _context: UserContext,
  _request: RevokeSessionRequest,
  _call: Call,
): Promise<MessageInitShape<typeof RevokeSessionResponseSchema>> {
  throw new AppError("unimplemented", "RevokeSession is not written yet");
}
