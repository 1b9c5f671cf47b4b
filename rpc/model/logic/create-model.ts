import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { CreateModelRequest, ModelSchema } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function createModel(
  _context: ModelContext,
  _request: CreateModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ModelSchema>> {
  throw new AppError("unimplemented", "CreateModel is not written yet");
}
