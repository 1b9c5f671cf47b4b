import type { Provider } from "../provider/provider.ts";

/**
 * What a caller sees of the upstream's headers, by name. A list of what may pass: the rest (cookies,
 * organisation and project ids, what CDNs and load balancers add) is about our account or about a
 * connection that is not the caller's.
 */
const passed = new Set([
  "content-encoding",
  "content-language",
  "content-type",
  "openai-processing-ms",
  "openai-version",
  "retry-after",
  "retry-after-ms",
  // Tells the official clients whether to try again.
  "x-should-retry",
]);
const passedPrefixes = ["x-ratelimit-", "ratelimit"];

/**
 * `x-request-id` stays ours at the edge: it is what the official clients show as `_request_id` and
 * what this gateway's logs are searched by. The upstream's goes beside it, for its own support.
 */
const upstreamRequestIds = ["x-request-id", "request-id"];

/** The headers for the caller, lower case. */
export function callerResponseHeaders(
  headers: Readonly<Record<string, string>>,
  provider: Provider,
): Record<string, string> {
  const nominated = headers["connection"]?.toLowerCase().split(/\s*,\s*/);
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (nominated?.includes(name)) continue;
    if (upstreamRequestIds.includes(name)) result["x-upstream-request-id"] = value;
    else if (mayPass(name, provider)) result[name] = value;
  }
  return result;
}

const mayPass = (name: string, provider: Provider): boolean =>
  passed.has(name) ||
  passedPrefixes.some((prefix) => name.startsWith(prefix)) ||
  provider.responseHeaders.includes(name);

/** Keeps what stands between us and the caller from storing a stream. */
export const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};
