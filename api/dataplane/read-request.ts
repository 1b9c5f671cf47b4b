import { AppError } from "../../common/errors.ts";
import { type FieldRange, topLevelFields } from "../../common/json/top-level-fields.ts";
import type { LimitsConfig } from "../config.ts";
import { readBody } from "../edge/body.ts";
import type { Exchange } from "../edge/exchange.ts";

/** A request for an answer of a model, read as far as routing needs it. */
export interface ModelRequest {
  /** As it came, byte for byte. */
  readonly body: Buffer;
  readonly model: string;
  readonly stream: boolean;
}

/** Longer than any model's name. */
const modelCharsMax = 256;
const fields = ["model", "stream"];

/** @throws `request.unsupported_media_type`, `request.too_large`, `request.invalid` */
export async function readModelRequest(
  exchange: Exchange,
  limits: LimitsConfig,
): Promise<ModelRequest> {
  checkMediaType(exchange);
  const body = await readBody(exchange, { bytesMax: limits.bodyBytesMax });
  if (body.length === 0) throw invalid("The request has no body; send a JSON object.");
  const found = topLevelFields(body, fields, limits.jsonDepthMax);
  const model = decoded(body, found.get("model"));
  const stream = decoded(body, found.get("stream")) ?? false;
  if (model === undefined || model === null || model === "") {
    throw invalid("you must provide a model parameter", "model");
  }
  if (typeof model !== "string" || model.length > modelCharsMax) {
    throw invalid("Invalid value for 'model': expected the name of a model.", "model");
  }
  if (typeof stream !== "boolean") {
    throw invalid("Invalid type for 'stream': expected a boolean.", "stream");
  }
  return { body, model, stream };
}

/** A missing type is taken for JSON, since nothing else is served. */
function checkMediaType({ request: { headers } }: Exchange): void {
  const type = headers["content-type"];
  if (type !== undefined && !jsonTypePattern.test(type)) {
    throw new AppError(
      "request.unsupported_media_type",
      "The request body has to be JSON: send it with 'Content-Type: application/json'.",
    );
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new AppError(
      "request.unsupported_media_type",
      "Request bodies are taken uncompressed: send no Content-Encoding.",
    );
  }
}

const jsonTypePattern = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** The body has been found valid, so this cannot fail; a big value is no name and is not decoded. */
function decoded(body: Buffer, range: FieldRange | undefined): unknown {
  if (!range) return undefined;
  if (range.end - range.start > modelCharsMax * 12) return {};
  return JSON.parse(body.toString("utf8", range.start, range.end));
}

const invalid = (message: string, field?: string) =>
  new AppError("request.invalid", message, {
    details: field === undefined ? [] : [{ field, message }],
  });
