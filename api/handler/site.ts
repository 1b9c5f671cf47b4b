import { createRoute, z } from "@hono/zod-openapi";
import packageJson from "../../package.json" with { type: "json" };
import type { GatewayContext } from "../context.ts";
import type { ManagementApp, ManagementRequest } from "../types/management.ts";
import { createDocsPage } from "./docs-page.ts";
import type { OpenApiDocument } from "./openapi.ts";

const tags = ["About this gateway"];
const json = (schema: z.ZodType) => ({ "application/json": { schema } });

interface SiteOptions {
  readonly context: GatewayContext;
  readonly describe: () => OpenApiDocument;
}

/** What is served outside the API and without its envelope. */
export function addSite(app: ManagementApp, { context, describe }: SiteOptions): void {
  const docsPage = createDocsPage(describe);
  app.openapi(pointer, (c) => {
    matched(c, pointer.path);
    const { name, version } = packageJson;
    return c.json({ name, version, docs: "/docs", openapi: "/openapi.json" });
  });
  app.openapi(openapi, (c) => {
    matched(c, openapi.path);
    return c.json(describe());
  });
  app.openapi(docs, (c) => {
    matched(c, docs.path);
    const { html, policy } = docsPage();
    return c.html(html, 200, { "content-security-policy": policy });
  });
  app.openapi(jwks, async (c) => {
    const { record } = matched(c, jwks.path);
    const call = { requestId: record.requestId, signal: record.signal };
    const answer = await context.services.user.getJwks({}, call);
    return c.json(Jwks.parse(JSON.parse(answer.jwks)), 200, {
      "content-type": "application/jwk-set+json",
      "cache-control": "public, max-age=60",
    });
  });
}

function matched({ env }: ManagementRequest, path: string): ManagementRequest["env"] {
  env.record.route = path;
  return env;
}

const Jwks = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })),
});

const pointer = createRoute({
  method: "get",
  path: "/",
  operationId: "getPointer",
  tags,
  summary: "What this is, and where its documentation is",
  responses: {
    200: {
      description: "Success",
      content: json(
        z.object({
          name: z.string(),
          version: z.string(),
          docs: z.string(),
          openapi: z.string(),
        }),
      ),
    },
  },
});

const openapi = createRoute({
  method: "get",
  path: "/openapi.json",
  operationId: "getOpenApi",
  tags,
  summary: "This description, for programs",
  responses: { 200: { description: "OpenAPI 3.1", content: json(z.looseObject({})) } },
});

const docs = createRoute({
  method: "get",
  path: "/docs",
  operationId: "getDocs",
  tags,
  summary: "This description, for people",
  responses: { 200: { description: "A page", content: { "text/html": { schema: z.string() } } } },
});

const jwks = createRoute({
  method: "get",
  path: "/.well-known/jwks.json",
  operationId: "getJwks",
  tags,
  summary: "The public keys that verify access tokens",
  responses: {
    200: {
      description: "A JSON Web Key Set",
      content: {
        "application/jwk-set+json": {
          schema: Jwks,
        },
      },
    },
  },
});
