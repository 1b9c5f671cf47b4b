import type { Call } from "../../../common/rpc/call.ts";
import type { ForwardRequest, ForwardResponse } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";
import { answerPlain } from "../forward/answer-plain.ts";
import { answerStream } from "../forward/answer-stream.ts";
import { openExchange } from "../forward/exchange.ts";

export async function* forward(
  context: OpenAIContext,
  request: ForwardRequest,
  call: Call,
): AsyncGenerator<ForwardResponse> {
  const exchange = openExchange(context, request, call);
  try {
    yield* request.stream ? answerStream(exchange) : answerPlain(exchange);
  } finally {
    exchange.close();
  }
}
