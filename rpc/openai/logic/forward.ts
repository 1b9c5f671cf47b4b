import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ForwardRequest, ForwardResponseSchema } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";

// biome-ignore lint/correctness/useYield: a skeleton
export async function* forward(
  _context: OpenAIContext,
  _request: ForwardRequest,
  _call: Call,
): AsyncGenerator<MessageInitShape<typeof ForwardResponseSchema>> {
  throw new AppError("unimplemented", "Forward is not written yet");
}
