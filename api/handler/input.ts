import type { z } from "@hono/zod-openapi";
import { AppError, type ErrorDetail } from "../../common/errors.ts";
import type { ManagementRequest } from "../types/management.ts";

const detailsMax = 20;

type Fields = Record<string, unknown>;

/**
 * The fields of a request from wherever HTTP carries them: the path, and the query or the body.
 * A name in the path cannot be given a second time.
 */
export async function readFields(
  request: ManagementRequest,
  source: "query" | "body",
): Promise<Fields> {
  const inPath = request.req.param();
  const others = source === "query" ? queryFields(request) : await bodyFields(request.req.raw);
  const twice = Object.keys(inPath).filter((name) => Object.hasOwn(others, name));
  if (twice.length > 0) throw invalid(twice.map((field) => unknownField(field)));
  return { ...others, ...inPath };
}

/** Throws `request.invalid` with one detail for everything that is wrong. */
export function parseFields<Schema extends z.ZodType>(
  schema: Schema,
  fields: Fields,
): z.output<Schema> {
  const result = schema.safeParse(fields, {
    error: (issue) => (issue.input === undefined ? "is required" : undefined),
  });
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap(toDetails));
}

/** A parameter that is given twice is a list, which no schema takes. */
const queryFields = ({ req }: ManagementRequest): Fields =>
  Object.fromEntries(
    Object.entries(req.queries()).map(([name, values]) => [
      name,
      values.length === 1 ? values[0] : values,
    ]),
  );

/** The edge has bounded the body. */
async function bodyFields(request: Request): Promise<Fields> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return {};
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json *(?:;|$)/i.test(type) || request.headers.has("content-encoding")) {
    throw new AppError(
      "request.unsupported_media_type",
      "The body must be uncompressed `application/json`.",
    );
  }
  const body = parseJson(bytes);
  if (isObject(body)) return body;
  throw invalid([{ field: "body", message: "must be a JSON object" }]);
}

function parseJson(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const details = [{ field: "body", message: "must be JSON in UTF-8" }];
    throw new AppError("request.invalid", "The body is not valid JSON.", { cause, details });
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (details: ErrorDetail[]) =>
  new AppError("request.invalid", "The request is not valid.", {
    details: details.slice(0, detailsMax),
  });

function toDetails(issue: z.core.$ZodIssue): ErrorDetail[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownField([...issue.path, key].join(".")));
  }
  return [{ field: issue.path.join("."), message: issue.message }];
}

const unknownField = (field: string): ErrorDetail => ({ field, message: "unknown field" });
