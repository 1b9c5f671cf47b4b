// Generated from rpc/openai/openai.proto by `npm run gen`. Never edited.
import type { ServiceImplementation } from "../../common/rpc/service.ts";
import type { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "./context.ts";
import { forward } from "./logic/forward.ts";
import { probe } from "./logic/probe.ts";

/** Binds every method of OpenAIService to its logic. */
export function createOpenAIMethods(
  context: OpenAIContext,
): ServiceImplementation<typeof OpenAIService> {
  return {
    forward: (request, call) => forward(context, request, call),
    probe: (request, call) => probe(context, request, call),
  };
}
