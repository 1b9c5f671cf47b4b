import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteChannelRequest,
  DeleteChannelResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function deleteChannel(
  _context: ModelContext,
  _request: DeleteChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteChannelResponseSchema>> {
  throw new AppError("unimplemented", "DeleteChannel is not written yet");
}
