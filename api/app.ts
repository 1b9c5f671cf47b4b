import type { GatewayContext } from "./context.ts";
import { createChatCompletionsRoute } from "./dataplane/chat-completions.ts";
import { createGetModelRoute, createListModelsRoute } from "./dataplane/models.ts";
import { createFetchRoute } from "./edge/fetch-route.ts";
import { createHealthRoutes } from "./edge/health.ts";
import { createFindRoute, type FindRoute } from "./edge/route.ts";
import { startEdge } from "./edge/server.ts";
import { createManagementApp } from "./handler/app.ts";
import { managementBodyLimits } from "./middleware/body-limits.ts";

export interface Gateway {
  readonly url: string;
  /** Unready at once, then drains as the configuration says. The context stays open. */
  stop(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/**
 * Starts to serve. Whether everything it serves from has arrived is for `/readyz` to say.
 *
 * @throws ConfigError when the address cannot be listened on.
 */
export async function startGateway(
  context: GatewayContext,
  { host, port }: ListenOptions,
): Promise<Gateway> {
  const { config, log, running } = context;
  let stopping: Promise<void> | undefined;
  const isReady = () => !stopping && context.isReady();
  const edge = await startEdge({ config, log, host, port, findRoute: routes(context, isReady) });
  return {
    url: edge.url,
    stop() {
      stopping ??= edge.drain((error) => running.cutAll(error));
      return stopping;
    },
  };
}

/** Everything that the gateway serves. */
function routes(context: GatewayContext, isReady: () => boolean): FindRoute {
  const chatCompletions = createChatCompletionsRoute(context);
  const listModels = createListModelsRoute(context);
  const getModel = createGetModelRoute(context);
  return createFindRoute({
    exact: {
      "/v1/chat/completions": chatCompletions,
      "/v1/openai/chat/completions": chatCompletions,
      "/v1/models": listModels,
      "/v1/openai/models": listModels,
      ...createHealthRoutes(isReady),
    },
    prefixes: { "/v1/models/": getModel, "/v1/openai/models/": getModel },
    closed: ["/v1/"],
    fallback: createFetchRoute(createManagementApp(context), (exchange) =>
      managementBodyLimits(context, exchange),
    ),
  });
}
