import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListChannelsRequest,
  ListChannelsResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function listChannels(
  _context: ModelContext,
  _request: ListChannelsRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListChannelsResponseSchema>> {
  throw new AppError("unimplemented", "ListChannels is not written yet");
}
