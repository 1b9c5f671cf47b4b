import { type Edit, insertion, splice } from "../../../common/json/splice.ts";
import { type FieldRange, topLevelFields } from "../../../common/json/top-level-fields.ts";
import type { ForwardRequest } from "../../../gen/rpc/openai/openai_pb.ts";
import type { Candidate } from "../route/route-table.ts";

export interface PreparedBody {
  readonly body: Uint8Array;
  /** True when usage was asked for in the caller's place, so that its traces have to be removed. */
  readonly usageWasAdded: boolean;
}

/**
 * The body as the upstream gets it: the caller's bytes, but for the model's name where the upstream
 * calls it otherwise, and for `stream_options.include_usage` where usage is not reported without it.
 */
export function prepareBody(
  request: ForwardRequest,
  { target, upstreamModel }: Candidate,
  depthMax: number,
): PreparedBody {
  const { body } = request;
  const renames = upstreamModel !== request.model;
  const wantsUsage = request.stream && target.provider.streamUsage === "on_request";
  if (!renames && !wantsUsage) return { body, usageWasAdded: false };
  const fields = topLevelFields(body, ["model", "stream_options"], depthMax);
  const edits: Edit[] = [];
  const model = fields.get("model");
  if (renames && model) edits.push({ ...model, text: JSON.stringify(upstreamModel) });
  const usageEdit = wantsUsage && includeUsage(body, fields.get("stream_options"));
  if (usageEdit) edits.push(usageEdit);
  return {
    body: edits.length > 0 ? splice(body, edits) : body,
    usageWasAdded: Boolean(usageEdit),
  };
}

/** Undefined when the caller asked itself, or wrote what only the upstream should answer. */
function includeUsage(body: Uint8Array, range: FieldRange | undefined): Edit | undefined {
  if (!range) return insertion(body, "stream_options", '{"include_usage":true}');
  const options = body.subarray(range.start, range.end);
  const text = Buffer.from(options).toString("latin1");
  if (text === "null") return { ...range, text: '{"include_usage":true}' };
  if (!text.startsWith("{")) return undefined;
  const inner = topLevelFields(options, ["include_usage"], depthMaxOfOptions).get("include_usage");
  if (!inner) return moved(insertion(options, "include_usage", "true"), range.start);
  const value = text.slice(inner.start, inner.end);
  const isOff = value === "false" || value === "null";
  return isOff ? moved({ ...inner, text: "true" }, range.start) : undefined;
}

/** The whole body was within its own limit before this part of it is looked at. */
const depthMaxOfOptions = 1_000;

const moved = ({ start, end, text }: Edit, by: number): Edit => ({
  start: start + by,
  end: end + by,
  text,
});
