import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteModelRequest,
  DeleteModelResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function deleteModel(
  _context: ModelContext,
  _request: DeleteModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteModelResponseSchema>> {
  throw new AppError("unimplemented", "DeleteModel is not written yet");
}
