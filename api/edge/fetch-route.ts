import { once } from "node:events";
import { type BodyLimits, readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestRecord } from "./request-record.ts";
import type { Route } from "./route.ts";

/** An application over web-standard requests, such as a Hono app. */
export interface FetchApp {
  fetch(request: Request, env: { readonly record: RequestRecord }): Response | Promise<Response>;
}

/**
 * Serves an application that is not on the hot path. Bodies are read before it is asked, so that its
 * limits are the edge's; what it throws reaches the front's error handler like any route's.
 */
export const createFetchRoute = (
  app: FetchApp,
  limitsOf: (exchange: Exchange) => BodyLimits | Promise<BodyLimits>,
): Route => ({
  pattern: "",
  async handle(exchange) {
    const request = await toRequest(exchange, await limitsOf(exchange));
    const response = await app.fetch(request, { record: exchange.record });
    await send(exchange, response);
  },
});

async function toRequest(exchange: Exchange, limits: BodyLimits): Promise<Request> {
  const { request, record } = exchange;
  const { method } = record;
  const body = await readBody(exchange, limits);
  // Not the Host header: what may stand there need not be a URL's host, and nothing here depends on it.
  return new Request(`http://gateway${exchange.rawTarget}`, {
    method,
    headers: pairs(request.rawHeaders),
    signal: record.signal,
    ...(method === "GET" || method === "HEAD" ? {} : { body: new Uint8Array(body) }),
  });
}

async function send({ request, response, record }: Exchange, answer: Response): Promise<void> {
  const headers = [...answer.headers].flat();
  if (!answer.headers.has("x-request-id")) headers.push("x-request-id", record.requestId);
  const bodiless = answer.body === null || request.method === "HEAD";
  if (answer.body === null && answer.status !== 204 && answer.status !== 304) {
    headers.push("content-length", "0");
  }
  response.writeHead(answer.status, headers);
  if (bodiless) await answer.body?.cancel();
  else {
    for await (const chunk of answer.body ?? []) {
      if (!response.write(chunk)) await once(response, "drain", { signal: record.signal });
    }
  }
  response.end();
}

const pairs = (rawHeaders: readonly string[]): [string, string][] =>
  Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
    rawHeaders[index * 2] ?? "",
    rawHeaders[index * 2 + 1] ?? "",
  ]);
