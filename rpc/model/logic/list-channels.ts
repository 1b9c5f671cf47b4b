import type { MessageInitShape } from "@bufbuild/protobuf";
import { sliceOf } from "../../../common/access/page.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListChannelsRequest,
  ListChannelsResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { channelMessage } from "../records.ts";
import { requireAdmin } from "../require-admin.ts";

export async function listChannels(
  context: ModelContext,
  { actor, page }: ListChannelsRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListChannelsResponseSchema>> {
  requireAdmin(actor);
  const { channels, total } = await context.channels.list(sliceOf(page));
  return { channels: channels.map(channelMessage), total };
}
