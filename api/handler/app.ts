import { OpenAPIHono } from "@hono/zod-openapi";
import { AppError } from "../../common/errors.ts";
import type { GatewayContext } from "../context.ts";
import { openaiError } from "../edge/error-response.ts";
import type { RequestRecord } from "../edge/request-record.ts";
import { type AnswerError, createAnswerError } from "../middleware/answer-error.ts";
import { noStore, safeHeaders } from "../middleware/response-headers.ts";
import type { ManagementApp, ManagementEnv } from "../types/management.ts";
import { describeDataPlane } from "./data-plane.ts";
import { createDescribe, describeRoute, securitySchemes } from "./openapi.ts";
import { resources } from "./resources.ts";
import { honoPath, type Route } from "./route.ts";
import { addSite } from "./site.ts";

/** Everything that the gateway serves beside the data plane and the console. */
export function createManagementApp(context: GatewayContext): ManagementApp {
  const answerError = createAnswerError(context);
  const app: ManagementApp = new OpenAPIHono<ManagementEnv>({
    getPath: (_request, options) => edgePath(options?.env),
  });
  app.onError(answerError);
  // Outside /api it is mostly an OpenAI client with a base URL that lacks /v1, and of an answer in
  // another shape than OpenAI's such a client shows no word.
  const answerStray = createAnswerError(context, openaiError);
  app.notFound((c) =>
    c.env.record.path.startsWith("/api/") ? answerError(notFound(), c) : answerStray(strayed(), c),
  );
  app.use(safeHeaders);
  app.use("/api/*", noStore);
  for (const [tag, routes] of Object.entries(resources)) {
    for (const route of routes) addRoute(app, { context, route, tag });
  }
  for (const [name, scheme] of Object.entries(securitySchemes)) {
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  }
  addSite(app, { context, describe: createDescribe(app) });
  addMethodNotAllowed(app, answerError);
  describeDataPlane(app);
  return app;
}

/**
 * The edge has decoded the path once, and what it decoded is what is dispatched. Hono decodes the
 * parameters it finds, so what still is a percent sign is encoded again for it. (Hono hands the
 * environment over here without its type.)
 */
function edgePath(env: object = {}): string {
  const record: RequestRecord = Reflect.get(env, "record");
  return record.path.replaceAll("%", "%25");
}

interface AddRouteOptions {
  readonly context: GatewayContext;
  readonly route: Route;
  readonly tag: string;
}

function addRoute(app: ManagementApp, { context, route, tag }: AddRouteOptions): void {
  app.openAPIRegistry.registerPath(describeRoute(route, tag));
  app.on(route.method, honoPath(route.path), (c) => route.handle(context, c));
}

/** Comes after the routes, so it gets what none of them took. */
function addMethodNotAllowed(app: ManagementApp, answerError: AnswerError): void {
  const served = app.routes.filter(({ method }) => method !== "ALL");
  for (const [path, routes] of Map.groupBy(served, (route) => route.path)) {
    const methods = routes.map(({ method }) => (method === "GET" ? "GET, HEAD" : method));
    app.all(path, (c) => {
      const response = answerError(methodNotAllowed(), c);
      response.headers.set("allow", methods.join(", "));
      return response;
    });
  }
}

const notFound = () =>
  new AppError("request.not_found", "There is nothing at this address. See /docs.");

const strayed = () =>
  new AppError(
    "request.not_found",
    "There is nothing at this address. The base URL for OpenAI clients ends in /v1; see /docs.",
  );

const methodNotAllowed = () =>
  new AppError("request.method_not_allowed", "This address does not take that method.");
