import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteModelRequest,
  DeleteModelResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { foundToChange } from "../found.ts";
import { requireAdmin } from "../require-admin.ts";

export async function deleteModel(
  context: ModelContext,
  { actor, id }: DeleteModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteModelResponseSchema>> {
  requireAdmin(actor);
  foundToChange(await context.models.find(id), "model");
  await context.models.remove(id);
  await context.announce(id);
  return {};
}
