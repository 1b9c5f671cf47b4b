import type {
  End,
  ForwardResponse,
  Head,
  Header,
  Usage,
} from "../../../gen/rpc/openai/openai_pb.ts";

/**
 * Whole messages, named by hand: in one process they reach the gateway as the very objects they are
 * here, with no `create` per chunk.
 */
export const headMessage = (head: Omit<Head, "$typeName">): ForwardResponse => ({
  $typeName: "apirouter.openai.v1.ForwardResponse",
  event: { case: "head", value: { $typeName: "apirouter.openai.v1.Head", ...head } },
});

export const dataMessage = (bytes: Uint8Array): ForwardResponse => ({
  $typeName: "apirouter.openai.v1.ForwardResponse",
  event: { case: "data", value: bytes },
});

export type Outcome =
  | "ok"
  | "upstream_error"
  | "upstream_truncated"
  | "upstream_timeout"
  | "shutdown";

export function endMessage(
  outcome: Outcome,
  usage: Usage | undefined,
  upstreamTtfbMs: number,
): ForwardResponse {
  const value: End = { $typeName: "apirouter.openai.v1.End", outcome, upstreamTtfbMs };
  if (usage) value.usage = usage;
  return { $typeName: "apirouter.openai.v1.ForwardResponse", event: { case: "end", value } };
}

export const headerMessages = (headers: Readonly<Record<string, string>>): Header[] =>
  Object.entries(headers).map(([name, value]) => ({
    $typeName: "apirouter.openai.v1.Header",
    name,
    value,
  }));
