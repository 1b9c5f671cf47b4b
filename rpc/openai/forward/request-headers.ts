import type { Header } from "../../../gen/rpc/openai/openai_pb.ts";
import type { Target } from "../route/route-table.ts";

/**
 * What travels upstream, by name. A list of what may, because whatever else a caller sends (its key,
 * cookies, addresses that a proxy added) belongs to us or to nobody.
 */
const forwarded = new Set([
  "accept",
  "content-type",
  "idempotency-key",
  "user-agent",
  "x-client-request-id",
]);

/** The caller's headers that may travel, and the target's own credential. */
export function upstreamRequestHeaders(
  headers: readonly Header[],
  { provider, credential }: Target,
): Record<string, string> {
  const result: Record<string, string> = { "content-type": "application/json" };
  for (const { name, value } of headers) {
    if (forwarded.has(name) || provider.requestHeaders.includes(name)) result[name] = value;
  }
  // Bytes are handed on as they are and looked into on the way, so they must not be compressed.
  result["accept-encoding"] = "identity";
  if (credential !== undefined) Object.assign(result, provider.credentialHeaders(credential));
  return result;
}
