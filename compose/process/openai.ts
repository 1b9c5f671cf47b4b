import type { Logger } from "../../common/log.ts";
import { ModelService } from "../../gen/rpc/model/model_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { createOpenAIContext } from "../../rpc/openai/context.ts";
import { createOpenAIMethods } from "../../rpc/openai/methods.ts";
import type { OpenAIProcessConfig } from "../process-config.ts";
import { joinNetwork } from "./network.ts";

/** Registers once it knows the routes, so that no request reaches a replica that knows none. */
export async function startOpenAI(
  config: OpenAIProcessConfig,
  log: Logger,
  closing: AsyncDisposableStack,
): Promise<string> {
  const network = joinNetwork(config, log, closing);
  const parts = { log, now: Date.now, events: network.events, secrets: config.secrets };
  const model = network.client(ModelService, config.rpcClient);
  const context = createOpenAIContext({ config: config.openai, parts, model });
  closing.defer(context.close);
  await context.ready;
  return network.serve(OpenAIService, createOpenAIMethods(context), config);
}
