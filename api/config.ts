import { z } from "zod";
import { isAddressRange } from "../common/access/access.ts";

const count = (fallback: number) => z.int().min(1).default(fallback);
const milliseconds = (fallback: number) => z.int().min(0).max(86_400_000).default(fallback);
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const LimitsConfig = z
  .strictObject({
    connectionsMax: count(20_000).describe("Open client connections; more are closed at once."),
    requestsInFlightMax: count(12_000).describe(
      "Requests being served at once; more are answered 503 `service.overloaded`.",
    ),
    pipelinedRequestsMax: count(16).describe(
      "Unanswered requests on one connection; a client that pipelines more is answered 503.",
    ),
    headerBytesMax: count(32 * kibibyte).describe("Request line and headers together."),
    headerCountMax: count(100).describe("Header fields of a request."),
    bodyBytesBeforeAuthMax: count(64 * kibibyte).describe(
      "Request body of the management API from whoever has not shown yet who they are.",
    ),
    bodyBytesMax: count(32 * mebibyte).describe(
      "Request body once the API key or access token has been verified.",
    ),
    bodiesBytesMax: count(1024 * mebibyte).describe(
      "Request bodies held at once, all together; what comes beyond is answered 503.",
    ),
    jsonDepthMax: count(128).describe("Nesting of a JSON request body."),
    headerTimeoutMs: milliseconds(10_000).describe(
      "From a request's first byte until its headers are complete.",
    ),
    bodyTimeoutBeforeAuthMs: milliseconds(10_000).describe("How long such a body may take."),
    bodyTimeoutMs: milliseconds(120_000).describe(
      "From a request's first byte until its body is complete.",
    ),
    keepAliveTimeoutMs: milliseconds(75_000).describe(
      "How long an idle connection is kept; longer than any proxy in front keeps it.",
    ),
    stalledReaderTimeoutMs: milliseconds(60_000).describe(
      "How long a client may take nothing of an answer that waits for it.",
    ),
    lingerBytesMax: count(mebibyte).describe(
      "How much of an unwanted body is thrown away so that its sender can read our answer.",
    ),
    lingerTimeoutMs: milliseconds(1_000).describe("How long an unwanted body is thrown away."),
  })
  .prefault({})
  .describe("What one client, and all of them together, may use.");

const KeyCacheConfig = z
  .strictObject({
    keysMax: count(50_000).describe("Known API keys held; the least recently used goes first."),
    unknownKeysMax: count(10_000).describe("Hashes of keys that do not exist, held likewise."),
    softAgeMs: milliseconds(30_000).describe(
      "After this a key is looked up again in the background, in case news of it got lost.",
    ),
    lookupTimeoutMs: milliseconds(5_000).describe("How long the lookup of a key may take."),
    staleLookupTimeoutMs: milliseconds(500).describe(
      "How long a known key waits to be looked up again while news of keys is interrupted; then it goes on serving.",
    ),
  })
  .prefault({})
  .describe("What is remembered of API keys; changes to a key reach it at once.");

/** How the gateway serves. Where it listens and where its services are is for the process to say. */
export const GatewayConfig = z
  .strictObject({
    limits: LimitsConfig,
    keyCache: KeyCacheConfig,
    trustedProxies: z
      .array(z.string().refine(isAddressRange, "expected an address or a CIDR range"))
      .default([])
      .describe("Proxies whose `X-Forwarded-For` is believed, as addresses or CIDR ranges."),
    corsOrigins: z
      .array(z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, "expected `*` or an origin"))
      .default([])
      .describe("Origins whose pages may call the data plane from a browser; `*` is any."),
    drainAcceptMs: milliseconds(300).describe(
      "At stop: how long connections are still accepted, so that balancers can look away.",
    ),
    drainStreamsMs: milliseconds(30_000).describe(
      "At stop: how long requests may then go on; what is left ends with an error.",
    ),
  })
  .prefault({});
export type GatewayConfig = z.infer<typeof GatewayConfig>;
export type LimitsConfig = GatewayConfig["limits"];
export type KeyCacheConfig = GatewayConfig["keyCache"];
