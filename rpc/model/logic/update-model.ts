import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ModelSchema, UpdateModelRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function updateModel(
  _context: ModelContext,
  _request: UpdateModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ModelSchema>> {
  throw new AppError("unimplemented", "UpdateModel is not written yet");
}
