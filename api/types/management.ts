import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RequestRecord } from "../edge/request-record.ts";

/** What the edge hands to the management app beside each request. */
export interface ManagementEnv {
  Bindings: { readonly record: RequestRecord };
}

export type ManagementApp = OpenAPIHono<ManagementEnv>;

export type ManagementRequest = Context<ManagementEnv>;
