import type { MessageInitShape } from "@bufbuild/protobuf";
import { sliceOf } from "../../../common/access/page.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListModelsRequest,
  ListModelsResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function listModels(
  context: ModelContext,
  request: ListModelsRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListModelsResponseSchema>> {
  return context.models.list(request.search, sliceOf(request.page));
}
