import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { RouteTableSchema, WatchRoutesRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function* watchRoutes(
  context: ModelContext,
  _request: WatchRoutesRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof RouteTableSchema>> {
  yield* context.snapshot.watch("routes", call.signal);
}
