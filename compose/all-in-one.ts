import { startGateway } from "../api/app.ts";
import { createGatewayContext, type Services } from "../api/context.ts";
import { createLocalEvents } from "../common/events/local-events.ts";
import type { Logger } from "../common/log.ts";
import type { Parts } from "../common/parts.ts";
import { createLocalClient } from "../common/rpc/local.ts";
import { ApiKeyService } from "../gen/rpc/apikey/apikey_pb.ts";
import { ModelService } from "../gen/rpc/model/model_pb.ts";
import { OpenAIService } from "../gen/rpc/openai/openai_pb.ts";
import { UserService } from "../gen/rpc/user/user_pb.ts";
import { createApiKeyContext } from "../rpc/apikey/context.ts";
import { createApiKeyMethods } from "../rpc/apikey/methods.ts";
import { createModelContext } from "../rpc/model/context.ts";
import { createModelMethods } from "../rpc/model/methods.ts";
import { createOpenAIContext } from "../rpc/openai/context.ts";
import { createOpenAIMethods } from "../rpc/openai/methods.ts";
import { createUserContext } from "../rpc/user/context.ts";
import { createUserMethods } from "../rpc/user/methods.ts";
import type { AllInOneConfig } from "./all-in-one-config.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { knownProviders } from "./known-providers.ts";
import { loadSecrets } from "./secrets.ts";

export interface AllInOne {
  readonly url: string;
  readonly services: Services;
  /** Needed to register the first account beyond loopback; undefined once there is one. */
  readonly setupToken: string | undefined;
  stop(): Promise<void>;
}

/** Every service and the gateway in this process, over SQLite files in the data folder. */
export async function startAllInOne(config: AllInOneConfig, log: Logger): Promise<AllInOne> {
  await using starting = new AsyncDisposableStack();
  const folder = openDataFolder(config.data);
  starting.defer(folder.release);
  const parts: Parts = {
    log,
    now: Date.now,
    events: createLocalEvents(),
    secrets: loadSecrets(folder.path),
  };
  const { services, setupToken } = await startServices(config, { parts, folder, starting });
  const context = await createGatewayContext({ config: config.gateway, services, parts });
  starting.defer(context.close);
  const gateway = await startGateway(context, { host: config.host, port: config.port });
  starting.defer(gateway.stop);
  await context.ready;
  const running = starting.move();
  return { url: gateway.url, services, setupToken, stop: () => running.disposeAsync() };
}

interface Place {
  readonly parts: Parts;
  readonly folder: DataFolder;
  /** Takes what has to be undone at the end, in the opposite order. */
  readonly starting: AsyncDisposableStack;
}

/** Builds the four contexts. They reach each other through local clients, whatever their order. */
async function startServices(config: AllInOneConfig, { parts, folder, starting }: Place) {
  const services: Services = {
    user: createLocalClient(UserService, () => createUserMethods(user)),
    apikey: createLocalClient(ApiKeyService, () => createApiKeyMethods(apikey)),
    model: createLocalClient(ModelService, () => createModelMethods(model)),
    openai: createLocalClient(OpenAIService, () => createOpenAIMethods(openai)),
  };
  const database = (service: string) => ({
    url: folder.databaseUrl(service),
    limits: config.database,
  });
  const [user, apikey, model] = await Promise.all([
    createUserContext({ config: config.user, parts, database: database("user") }),
    createApiKeyContext({
      config: config.apikey,
      parts,
      database: database("apikey"),
    }),
    createModelContext({
      config: config.model,
      parts,
      database: database("model"),
      providers: knownProviders,
      openai: services.openai,
    }),
  ]);
  const openai = createOpenAIContext({ config: config.openai, parts, model: services.model });
  for (const context of [user, apikey, model, openai]) starting.defer(context.close);
  return { services, setupToken: user.setupToken };
}
