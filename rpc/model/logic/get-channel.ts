import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ChannelSchema, GetChannelRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function getChannel(
  _context: ModelContext,
  _request: GetChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChannelSchema>> {
  throw new AppError("unimplemented", "GetChannel is not written yet");
}
