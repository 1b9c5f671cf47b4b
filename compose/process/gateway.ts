import { startGateway } from "../../api/app.ts";
import { createGatewayContext } from "../../api/context.ts";
import type { Logger } from "../../common/log.ts";
import { splitHostPort } from "../../common/rpc/address.ts";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { ModelService } from "../../gen/rpc/model/model_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { UserService } from "../../gen/rpc/user/user_pb.ts";
import type { GatewayProcessConfig } from "../process-config.ts";
import { joinNetwork } from "./network.ts";

/** Listens at once, for `/healthz` and `/readyz`; resolves when it has heard of every service. */
export async function startGatewayProcess(
  config: GatewayProcessConfig,
  log: Logger,
  closing: AsyncDisposableStack,
): Promise<string> {
  const network = joinNetwork(config, log, closing);
  const services = {
    user: network.client(UserService, config.rpcClient),
    apikey: network.client(ApiKeyService, config.rpcClient),
    model: network.client(ModelService, config.rpcClient),
    openai: network.client(OpenAIService, config.rpcClient),
  };
  const parts = { log, now: Date.now, secrets: config.secrets };
  const context = await createGatewayContext({ config: config.gateway, services, parts });
  closing.defer(context.close);
  const gateway = await startGateway(context, splitHostPort(config.listen));
  closing.defer(gateway.stop);
  await context.ready;
  return gateway.url;
}
