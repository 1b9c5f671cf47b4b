import { type RouteConfig, z } from "@hono/zod-openapi";
import { type ErrorCode, errorCodes } from "../../common/errors.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { ManagementApp } from "../types/management.ts";
import { documentedPath, type Route } from "./route.ts";

export type OpenApiDocument = ReturnType<ManagementApp["getOpenAPI31Document"]>;

const ErrorBody = z
  .object({
    code: z.int().describe("The HTTP status."),
    message: z.string().describe("For people."),
    error: z.string().describe("Stable, for programs; see docs/errors.md."),
    request_id: z.string(),
    details: z.array(z.object({ field: z.string(), message: z.string() })),
  })
  .openapi("Error");

/** The document of everything that was registered; built when it is first asked for. */
export function createDescribe(app: ManagementApp): () => OpenApiDocument {
  let document: OpenApiDocument | undefined;
  return () => {
    document ??= app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "API Router",
        version: packageJson.version,
        description:
          "Accounts, API keys, models and channels under `/api/v1`; models themselves under `/v1`.",
        license: { name: "MIT" },
      },
      servers: [{ url: "/" }],
    });
    return document;
  };
}

/** A route as the registry takes it, from the very schemas that validate it. */
export function describeRoute(route: Route, tag: string): RouteConfig {
  return {
    method: route.method,
    path: documentedPath(route.path),
    operationId: route.operationId,
    tags: [tag],
    summary: route.summary,
    security: route.level === "public" ? [] : [{ accessToken: [] }],
    request: describeRequest(route),
    responses: { [route.status]: describeData(route), ...describeErrors(errorsOf(route)) },
  };
}

export const securitySchemes = {
  accessToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An access token from `/api/v1/auth/login`.",
  },
  apiKey: {
    type: "http",
    scheme: "bearer",
    description: "An API key from `/api/v1/apikeys`. `x-api-key` and `api-key` do as well.",
  },
} as const;

function describeRequest({ input, path, source }: Route): NonNullable<RouteConfig["request"]> {
  const inPath = new Set(namesIn(path));
  const fields = Object.entries(input.shape);
  const params = Object.fromEntries(fields.filter(([name]) => inPath.has(name)));
  const others = Object.fromEntries(fields.filter(([name]) => !inPath.has(name)));
  const schema = z.strictObject(others);
  const inBody = source === "body" && Object.keys(others).length > 0;
  return {
    ...(inPath.size > 0 && { params: z.object(params) }),
    ...(source === "query" && { query: z.object(others) }),
    ...(inBody && {
      body: {
        required: !schema.safeParse({}).success,
        content: { "application/json": { schema } },
      },
    }),
  };
}

const describeData = ({ status, data }: Route) => ({
  description: status === 201 ? "Created" : "Success",
  content: {
    "application/json": {
      schema: z.object({ code: z.literal(status), message: z.literal("success"), data }),
    },
  },
});

/** The route's own errors, and those that follow from what it takes and who may call it. */
export function errorsOf({ method, path, source, level, errors }: Route): Set<ErrorCode> {
  return new Set<ErrorCode>([
    "request.invalid",
    ...(source === "body" ? bodyErrors : []),
    ...(level === "public" ? [] : tokenErrors),
    ...(level === "admin" ? roleErrors : []),
    ...(namesIn(path).length > 0 ? pathErrors : []),
    ...errors,
    ...serviceErrors,
    ...(method === "get" || level === "public" ? [] : changeErrors),
  ]);
}

const bodyErrors = ["request.too_large", "request.unsupported_media_type"] as const;
const tokenErrors = [
  "auth.required",
  "auth.token_invalid",
  "auth.token_expired",
  "auth.session_revoked",
  "auth.user_disabled",
] as const;
const roleErrors = ["auth.forbidden"] as const;
const pathErrors = ["resource.not_found"] as const;
const serviceErrors = [
  "internal",
  "service.unavailable",
  "service.overloaded",
  "service.shutting_down",
  "service.timeout",
] as const;
const changeErrors = ["events.not_delivered"] as const;

function describeErrors(codes: Set<ErrorCode>): RouteConfig["responses"] {
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].http);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\``).join(", "),
        content: { "application/json": { schema: ErrorBody } },
      },
    ]),
  );
}

const namesIn = (path: string): string[] =>
  [...path.matchAll(/\{\+?(\w+)\}/g)].map(([, name = ""]) => name);
