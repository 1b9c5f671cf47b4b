import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { UserEventSchema, WatchUsersRequest } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

// biome-ignore lint/correctness/useYield: a skeleton
export async function* watch(
  _context: UserContext,
  _request: WatchUsersRequest,
  _call: Call,
): AsyncGenerator<MessageInitShape<typeof UserEventSchema>> {
  throw new AppError("unimplemented", "Watch is not written yet");
}
