import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { GetModelRequest, ModelSchema } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { found } from "../found.ts";

export async function getModel(
  context: ModelContext,
  request: GetModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ModelSchema>> {
  return found(await context.models.find(request.id), "model");
}
