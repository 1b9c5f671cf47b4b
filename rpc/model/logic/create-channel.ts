import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ChannelSchema, CreateChannelRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function createChannel(
  _context: ModelContext,
  _request: CreateChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChannelSchema>> {
  throw new AppError("unimplemented", "CreateChannel is not written yet");
}
