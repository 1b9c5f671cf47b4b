import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteChannelRequest,
  DeleteChannelResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { foundToChange } from "../found.ts";
import { requireAdmin } from "../require-admin.ts";

export async function deleteChannel(
  context: ModelContext,
  { actor, id }: DeleteChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteChannelResponseSchema>> {
  requireAdmin(actor);
  foundToChange(await context.channels.find(id), "channel");
  await context.channels.remove(id);
  await context.announce(id);
  return {};
}
