import type { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../../common/errors.ts";
import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { Access } from "../middleware/access.ts";
import type { ManagementRequest } from "../types/management.ts";
import { parseFields, readFields } from "./input.ts";

/** One endpoint: everything that is needed to serve it and to document it. */
export interface Declaration<
  Who extends object,
  Input extends z.ZodObject,
  Data extends z.ZodType,
> {
  readonly method: Method;
  /** With `{name}` for a segment, `{+name}` for a rest that may contain slashes. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access<Who>;
  /**
   * The names in the path, and beside them the query of a GET or DELETE, or the body of the others.
   * Strict: a name that it does not know is refused.
   */
  readonly input: Input;
  readonly data: Data;
  /** 200 unless told otherwise. */
  readonly status?: 201;
  /** Those that are this endpoint's own; the usual ones follow from the rest. */
  readonly errors?: readonly ErrorCode[];
  readonly logic: (
    context: GatewayContext,
    input: Who & z.output<Input>,
    call: Call,
  ) => Promise<z.input<Data>>;
}

export type Method = "get" | "post" | "patch" | "delete";

/** A declaration with its types closed over. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  /** The name of its logic. */
  readonly operationId: string;
  readonly summary: string;
  readonly level: Access<unknown>["level"];
  readonly input: z.ZodObject;
  readonly source: "query" | "body";
  readonly data: z.ZodType;
  readonly status: 200 | 201;
  readonly errors: readonly ErrorCode[];
  handle(context: GatewayContext, request: ManagementRequest): Promise<Response>;
}

export function route<Who extends object, Input extends z.ZodObject, Data extends z.ZodType>(
  declaration: Declaration<Who, Input, Data>,
): Route {
  const { method, path, summary, access, input, data, status = 200, errors = [] } = declaration;
  const source = method === "get" || method === "delete" ? "query" : "body";
  return {
    ...{ method, path, summary, input, source, data, status, errors },
    operationId: declaration.logic.name,
    level: access.level,
    async handle(context, request) {
      request.env.record.route = documentedPath(path);
      const call = callOf(request);
      const who = await access.admit(context, request, call);
      const fields = await readFields(request, source);
      const answer = await declaration.logic(
        context,
        { ...who, ...parseFields(input, fields) },
        call,
      );
      return request.json({ code: status, message: "success", data: answer }, status);
    },
  };
}

/** The path as OpenAPI and the access log write it. */
export const documentedPath = (path: string): string => path.replaceAll("{+", "{");

/** The path as Hono routes it. */
export const honoPath = (path: string): string =>
  path.replaceAll(/\{\+(\w+)\}/g, ":$1{.+}").replaceAll(/\/\{(\w+)\}/g, "/:$1");

const callOf = ({ env, req }: ManagementRequest): Call => ({
  requestId: env.record.requestId,
  signal: env.record.signal,
  traceparent: req.header("traceparent"),
});
