import { AppError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import type { Parts } from "../../common/parts.ts";
import { Roster } from "../../common/roster.ts";
import { keepWatching } from "../../common/rpc/keep-watching.ts";
import type { Client } from "../../common/rpc/service.ts";
import type { ModelService, Route } from "../../gen/rpc/model/model_pb.ts";
import type { OpenAIConfig } from "./config.ts";
import { openRoutes, openTarget, RouteSnapshot, type Target } from "./route/route-table.ts";
import { createHttpUpstream } from "./upstream/http-upstream.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** Built once per process and handed to every method. */
export interface OpenAIContext {
  readonly config: OpenAIConfig;
  readonly log: Logger;
  /** Milliseconds on a clock that never jumps. */
  readonly monotonicNow: () => number;
  /** Where requests go, as last heard from the model service. */
  readonly routes: () => RouteSnapshot;
  /** A route as it came, ready to be used. */
  readonly openRoute: (route: Route) => Target;
  /** Sends a request to a target's upstream. */
  readonly upstreamOf: (target: Target) => Upstream;
  /** Requests that run, each to be ended when the process stops. */
  readonly running: Roster<AbortController>;
  /** Aborted when no new request is taken any more. */
  readonly stopping: AbortSignal;
  /** Resolves when the routes are known. */
  readonly ready: Promise<void>;
  /** Ends what still runs, streams with a proper error event. */
  close(): Promise<void>;
}

export interface OpenAIContextOptions {
  readonly config: OpenAIConfig;
  readonly parts: Parts<"masterKey">;
  readonly model: Pick<Client<typeof ModelService>, "watchRoutes">;
}

export function createOpenAIContext({ config, parts, model }: OpenAIContextOptions): OpenAIContext {
  const { log } = parts;
  const { masterKey } = parts.secrets;
  const http = createHttpUpstream(config);
  const running = new Roster<AbortController>();
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  let routes = new RouteSnapshot();

  const watching = keepWatching({
    name: "routes",
    log,
    signal: stopping.signal,
    open: (call) => model.watchRoutes({}, call),
    onMessage(table) {
      routes = openRoutes(table, masterKey, log);
      http.retain(routes.origins);
      ready.resolve();
    },
  });

  return {
    config,
    log,
    monotonicNow: () => performance.now(),
    routes: () => routes,
    openRoute: (route) => openTarget(route, masterKey),
    upstreamOf: ({ provider }) => provider.serve ?? http.send,
    running,
    stopping: stopping.signal,
    ready: ready.promise,
    async close() {
      const reason = new AppError("service.shutting_down", "The gateway is shutting down.");
      stopping.abort(reason);
      for (const controller of running) controller.abort(reason);
      await http.close();
      await watching;
    },
  };
}
