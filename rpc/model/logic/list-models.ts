import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListModelsRequest,
  ListModelsResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function listModels(
  _context: ModelContext,
  _request: ListModelsRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListModelsResponseSchema>> {
  throw new AppError("unimplemented", "ListModels is not written yet");
}
