import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { RefreshRequest, SessionResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function refresh(
  _context: UserContext,
  _request: RefreshRequest,
  _call: Call,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  throw new AppError("unimplemented", "Refresh is not written yet");
}
