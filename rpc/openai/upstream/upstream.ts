/**
 * The seam to whoever answers requests: a provider over HTTP, or the demo model in this process.
 *
 * It resolves when status and headers are there, and rejects with an `AppError` when nobody could be
 * asked. The body ends when the answer was complete and throws an `AppError` when it was cut off.
 * Once `signal` aborts both fail at once, and no more is asked of the upstream.
 */
export type Upstream = (request: UpstreamRequest, signal: AbortSignal) => Promise<UpstreamResponse>;

export interface UpstreamRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Lets the connection go to a private, loopback or link-local address. */
  readonly allowPrivateNetwork: boolean;
}

export interface UpstreamResponse {
  readonly status: number;
  /** Lower-case names; a repeated header's values are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Buffer>;
}
