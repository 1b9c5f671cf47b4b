import type { Logger } from "../../common/log.ts";
import { ModelService } from "../../gen/rpc/model/model_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { createModelContext } from "../../rpc/model/context.ts";
import { createModelMethods } from "../../rpc/model/methods.ts";
import { withDemo, withOpenAI } from "../default-channels.ts";
import { knownProviders } from "../known-providers.ts";
import type { ModelProcessConfig } from "../process-config.ts";
import { joinNetwork } from "./network.ts";

export async function startModel(
  config: ModelProcessConfig,
  log: Logger,
  closing: AsyncDisposableStack,
): Promise<string> {
  const network = joinNetwork(config, log, closing);
  const parts = { log, now: Date.now, events: network.events, secrets: config.secrets };
  const channels = withOpenAI(config.model, process.env);
  const context = await createModelContext({
    config: config.demo ? withDemo(channels) : channels,
    parts,
    database: { url: config.database.url, limits: config.database },
    providers: knownProviders,
    openai: network.client(OpenAIService, config.rpcClient),
  });
  closing.defer(context.close);
  return network.serve(ModelService, createModelMethods(context), config);
}
