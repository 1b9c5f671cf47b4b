import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ChannelSchema, UpdateChannelRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function updateChannel(
  _context: ModelContext,
  _request: UpdateChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChannelSchema>> {
  throw new AppError("unimplemented", "UpdateChannel is not written yet");
}
