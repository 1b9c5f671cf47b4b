import type { Exchange } from "./exchange.ts";

/** Lets pages of the given origins read data plane answers. Keys travel in headers, never cookies. */
export type Cors = (exchange: Exchange) => void;

const preflightAgeSeconds = 600;
const exposedHeaders =
  "x-request-id, retry-after, openai-processing-ms, x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens";

export function createCors(origins: readonly string[]): Cors {
  const any = origins.includes("*");
  const allowed = new Set(origins);
  return ({ request, response }) => {
    const { origin } = request.headers;
    if (origin === undefined || origins.length === 0) return;
    response.setHeader("vary", "origin");
    if (!any && !allowed.has(origin)) return;
    response.setHeader("access-control-allow-origin", any ? "*" : origin);
    response.setHeader("access-control-expose-headers", exposedHeaders);
    const method = request.headers["access-control-request-method"];
    if (request.method !== "OPTIONS" || method === undefined) return;
    response.setHeader("access-control-allow-methods", "GET, POST");
    const headers = request.headers["access-control-request-headers"];
    if (headers !== undefined) response.setHeader("access-control-allow-headers", headers);
    response.setHeader("access-control-max-age", preflightAgeSeconds);
  };
}
