import type { Usage } from "../../gen/rpc/openai/openai_pb.ts";

/**
 * What the gateway knows of one request while it runs; its access-log line is written from it when
 * the response closes. Whoever learns a fact puts it here; nobody else logs requests.
 */
export interface RequestRecord {
  readonly requestId: string;
  readonly method: string;
  /** Decoded once at the edge; used for authorisation and dispatch alike. */
  readonly path: string;
  readonly query: string;
  /** The client's address, after trusted proxies. */
  readonly ip: string;
  /** True when the listener is bound to loopback only. */
  readonly loopbackListener: boolean;
  /** Milliseconds on the monotonic clock. */
  readonly startedAt: number;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** The route's pattern, such as "/api/v1/apikeys/{id}"; empty until one matched. */
  route: string;
  userId?: string;
  keyId?: string;
  model?: string;
  channelId?: string;
  usage?: Usage;
  /** How it ended when the status does not tell: "client_gone", "upstream_truncated", ... */
  outcome?: string;
  /** The stable code of the error that was answered. */
  errorCode?: string;
  firstByteAt?: number;
}
