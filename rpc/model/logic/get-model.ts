import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { GetModelRequest, ModelSchema } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function getModel(
  _context: ModelContext,
  _request: GetModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ModelSchema>> {
  throw new AppError("unimplemented", "GetModel is not written yet");
}
