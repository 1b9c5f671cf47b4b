import { buildConnector, Pool } from "undici";
import type { OpenAIConfig } from "../config.ts";
import { ConnectionSlots } from "./connection-slots.ts";
import { createGuardedConnector } from "./egress-guard.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { Upstream, UpstreamRequest } from "./upstream.ts";

export interface HttpUpstream {
  readonly send: Upstream;
  /** Closes, when they are idle, the connections to origins that are no longer needed. */
  retain(origins: ReadonlySet<string>): void;
  /** Cuts off what still runs. */
  close(): Promise<void>;
}

interface Origin {
  readonly pool: Pool;
  readonly slots: ConnectionSlots;
  readonly origin: string;
}

/** Upstreams over HTTP, one pool of connections for each origin. */
export function createHttpUpstream(config: OpenAIConfig): HttpUpstream {
  const origins = new Map<string, Origin>();

  /** What a channel may reach is part of the key: a guarded one never gets an unguarded socket. */
  const originFor = ({ url, allowPrivateNetwork }: UpstreamRequest): Origin => {
    const key = `${allowPrivateNetwork} ${url.origin}`;
    const known = origins.get(key);
    if (known) return known;
    const opened = {
      origin: url.origin,
      pool: openPool(url.origin, allowPrivateNetwork, config),
      slots: new ConnectionSlots({
        slotsMax: config.connectionsPerOriginMax,
        waitingMax: config.waitingPerOriginMax,
      }),
    };
    origins.set(key, opened);
    return opened;
  };

  return {
    async send(request, signal) {
      const { pool, slots } = originFor(request);
      await slots.take(signal);
      const exchange = new HttpExchange({
        signal,
        bufferBytesMax: config.bufferBytesMax,
        onClose: () => slots.give(),
      });
      pool.dispatch(dispatchOptions(request), exchange);
      return exchange.response;
    },
    retain(kept) {
      for (const [key, { origin, pool }] of origins) {
        if (kept.has(origin)) continue;
        origins.delete(key);
        pool.close().catch(() => {});
      }
    },
    async close() {
      await Promise.all([...origins.values()].map(({ pool }) => pool.destroy()));
      origins.clear();
    },
  };
}

function openPool(origin: string, allowPrivateNetwork: boolean, config: OpenAIConfig): Pool {
  // HTTP/1.1 gives each request its own connection, so that pausing one slow stream or cutting one
  // off touches no other. The pool has to know, too: else all requests wait for the first handshake.
  const allowH2 = false;
  const connect = { timeout: config.connectTimeoutMs, allowH2 };
  return new Pool(origin, {
    allowH2,
    connect: allowPrivateNetwork ? buildConnector(connect) : createGuardedConnector(connect),
    connections: config.connectionsPerOriginMax,
    pipelining: 1,
    maxHeaderSize: config.responseHeaderBytesMax,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    // The stream engine keeps the time, because only it knows whether we or they are slow.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

const dispatchOptions = ({ method, url, headers, body }: UpstreamRequest) => ({
  method,
  path: url.pathname + url.search,
  headers,
  body: body ?? null,
});
