import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { ChannelSchema, GetChannelRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { found } from "../found.ts";
import { channelMessage } from "../records.ts";
import { requireAdmin } from "../require-admin.ts";

export async function getChannel(
  context: ModelContext,
  { actor, id }: GetChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChannelSchema>> {
  requireAdmin(actor);
  return channelMessage(found(await context.channels.find(id), "channel"));
}
