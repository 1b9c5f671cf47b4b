import { createServer, type Server } from "node:http";
import { type AddressInfo, isIPv6, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback } from "../../common/access/loopback.ts";
import { ConfigError } from "../../common/config.ts";
import { AppError } from "../../common/errors.ts";
import type { LimitsConfig } from "../config.ts";
import { Front, type FrontOptions } from "./front.ts";

/** The HTTP listener. */
export interface Edge {
  readonly url: string;
  /**
   * Accepts for a while longer, finishes what runs, and closes. `cut` is called for what is still
   * running then, before its connections are closed.
   */
  drain(cut: (error: AppError) => void): Promise<void>;
}

export interface EdgeOptions extends FrontOptions {
  readonly host: string;
  readonly port: number;
}

/** How often Node looks for requests that are late. */
const lateCheckIntervalMs = 500;
/** How long the last words to clients may take to leave. */
const farewellTimeoutMs = 1_000;

/** @throws ConfigError when the address cannot be listened on. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { limits, drainAcceptMs, drainStreamsMs } = options.config;
  const front = new Front(options);
  const server = createServer(serverOptions(limits));
  server.maxConnections = limits.connectionsMax;
  // Node drops what is beyond, silently; one more than allowed shows that there were too many.
  server.maxHeadersCount = limits.headerCountMax + 1;
  server.on("request", (request, response) => front.serve(request, response, false));
  server.on("checkContinue", (request, response) => front.serve(request, response, true));
  server.on("checkExpectation", (request, response) => front.serve(request, response, false));
  server.on("connect", (_request, socket) => front.refuse(connectRefused, socket as Socket));
  server.on("clientError", (error, socket) => front.refuse(error, socket as Socket));
  server.timeout = limits.stalledReaderTimeoutMs;
  server.on("timeout", (socket) => front.quiet(socket));
  const address = await listen(server, options.host, options.port);
  front.loopbackListener = isLoopback(address.address.replace(/^::ffff:/, ""));
  server.on("error", (error) => options.log.error({ error }, "the listener failed"));
  return {
    url: `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`,
    async drain(cut) {
      front.drain();
      await sleep(drainAcceptMs);
      const closed = new Promise((resolve) => server.close(resolve));
      await within(drainStreamsMs, front.idle());
      const error = new AppError("service.shutting_down", "The gateway is shutting down.");
      cut(error);
      front.endAll(error);
      await within(farewellTimeoutMs, front.idle());
      server.closeIdleConnections();
      await within(farewellTimeoutMs, closed);
      server.closeAllConnections();
      await closed;
    },
  };
}

const connectRefused = new Error("CONNECT is not served.");

const serverOptions = (limits: LimitsConfig) => ({
  maxHeaderSize: limits.headerBytesMax,
  headersTimeout: limits.headerTimeoutMs,
  requestTimeout: Math.max(limits.headerTimeoutMs, limits.bodyTimeoutMs),
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  connectionsCheckingInterval: lateCheckIntervalMs,
  // The front checks it, and answers in the shape that the client expects.
  requireHostHeader: false,
  insecureHTTPParser: false,
  noDelay: true,
});

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port));
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("not a TCP listener"));
      else resolve(address);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): ConfigError {
  const reasons: Record<string, string> = {
    EADDRINUSE: "another program is listening there",
    EACCES: "that needs more rights",
    EADDRNOTAVAIL: "this machine does not have that address",
    ENOTFOUND: "there is no such host",
  };
  const reason = reasons[error.code ?? ""] ?? error.message;
  return new ConfigError(`cannot listen on ${host}:${port}: ${reason}`);
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([work, late]);
  timer.abort();
}
