import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ProbeRequest, ProbeResponseSchema } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";

export async function probe(
  _context: OpenAIContext,
  _request: ProbeRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ProbeResponseSchema>> {
  throw new AppError("unimplemented", "Probe is not written yet");
}
