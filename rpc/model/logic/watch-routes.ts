import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { RouteTableSchema, WatchRoutesRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

// biome-ignore lint/correctness/useYield: a skeleton
export async function* watchRoutes(
  _context: ModelContext,
  _request: WatchRoutesRequest,
  _call: Call,
): AsyncGenerator<MessageInitShape<typeof RouteTableSchema>> {
  throw new AppError("unimplemented", "WatchRoutes is not written yet");
}
