import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { CatalogueSchema, WatchCatalogueRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function* watchCatalogue(
  context: ModelContext,
  _request: WatchCatalogueRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof CatalogueSchema>> {
  yield* context.snapshot.watch("catalogue", call.signal);
}
