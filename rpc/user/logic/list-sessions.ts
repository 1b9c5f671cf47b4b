import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListSessionsRequest,
  ListSessionsResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function listSessions(
  _context: UserContext,
  _request: ListSessionsRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListSessionsResponseSchema>> {
  throw new AppError("unimplemented", "ListSessions is not written yet");
}
