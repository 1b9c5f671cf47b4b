import type { Logger } from "../../common/log.ts";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { createApiKeyContext } from "../../rpc/apikey/context.ts";
import { createApiKeyMethods } from "../../rpc/apikey/methods.ts";
import type { ApiKeyProcessConfig } from "../process-config.ts";
import { joinNetwork } from "./network.ts";

export async function startApiKey(
  config: ApiKeyProcessConfig,
  log: Logger,
  closing: AsyncDisposableStack,
): Promise<string> {
  const network = joinNetwork(config, log, closing);
  const parts = { log, now: Date.now, events: network.events, secrets: config.secrets };
  const database = { url: config.database.url, limits: config.database };
  const context = await createApiKeyContext({ config: config.apikey, parts, database });
  closing.defer(context.close);
  return network.serve(ApiKeyService, createApiKeyMethods(context), config);
}
