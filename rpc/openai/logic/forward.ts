import type { Call } from "../../../common/rpc/call.ts";
import type { ForwardRequest, ForwardResponse } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";
import { answerPlain } from "../forward/answer-plain.ts";
import { answerStream } from "../forward/answer-stream.ts";

export function forward(
  context: OpenAIContext,
  request: ForwardRequest,
  call: Call,
): AsyncIterable<ForwardResponse> {
  return request.stream
    ? answerStream(context, request, call)
    : answerPlain(context, request, call);
}
