import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { CatalogueSchema, WatchCatalogueRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

// biome-ignore lint/correctness/useYield: a skeleton
export async function* watchCatalogue(
  _context: ModelContext,
  _request: WatchCatalogueRequest,
  _call: Call,
): AsyncGenerator<MessageInitShape<typeof CatalogueSchema>> {
  throw new AppError("unimplemented", "WatchCatalogue is not written yet");
}
