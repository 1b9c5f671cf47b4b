import { z } from "zod";
import { ListenAddress } from "./address.ts";
import { TlsConfig } from "./tls.ts";

/** The largest body that the gateway takes, 32 MiB, and room for what travels beside it. */
const messageBytesMaxDefault = 33 * 1024 * 1024;

const messageBytesMax = z
  .int()
  .min(1024)
  .default(messageBytesMaxDefault)
  .describe("Largest message, sent or received.");
const keepaliveTimeoutMs = z
  .int()
  .min(100)
  .default(5_000)
  .describe("A connection whose ping is not answered in this time is dead.");

export const RpcServerConfig = z
  .strictObject({
    listen: ListenAddress.default("127.0.0.1:0"),
    advertiseHost: z
      .string()
      .optional()
      .describe(
        "Host under which others reach this process. Default: the one listened on, or the first outer IPv4 address when that is a wildcard.",
      ),
    tls: TlsConfig,
    messageBytesMax,
    streamBufferBytesMax: z
      .int()
      .min(1024)
      .default(64 * 1024)
      .describe("What a stream may have waiting to be sent before its source is held back."),
    keepaliveIntervalMs: z
      .int()
      .min(1000)
      .default(30_000)
      .describe("Pause between pings on a connection."),
    keepaliveTimeoutMs,
    drainTimeoutMs: z
      .int()
      .min(0)
      .default(30_000)
      .describe("At shutdown, calls in flight may take this long to finish."),
    cutGraceMs: z
      .int()
      .min(0)
      .default(1_000)
      .describe("After that they are told to stop, and are cut off this much later."),
    flushTimeoutMs: z
      .int()
      .min(0)
      .default(2_000)
      .describe("The last bytes of ended calls then have this long to be read."),
  })
  .prefault({})
  .describe("The gRPC server.");
export type RpcServerConfig = z.infer<typeof RpcServerConfig>;

export const RpcClientConfig = z
  .strictObject({
    tls: TlsConfig,
    messageBytesMax,
    timeoutMs: z
      .int()
      .min(1)
      .default(15_000)
      .describe("Deadline of a call when its caller has set none."),
    streamTimeoutMs: z
      .int()
      .min(1)
      .default(3_600_000)
      .describe("The same for a streamed answer. Watches have no deadline."),
    connectWaitMs: z
      .int()
      .min(0)
      .default(3_000)
      .describe(
        "How long a call waits when no replica is ready, or each turns it away to shut down.",
      ),
    attemptsMax: z
      .int()
      .min(1)
      .default(3)
      .describe("Attempts of one call, each at another endpoint where there is one."),
    streamWindowBytes: z
      .int()
      .min(65_535)
      .default(128 * 1024)
      .describe("What a stream's sender may send ahead of its reader (HTTP/2 window)."),
    reconnectDelayMsMin: z
      .int()
      .min(1)
      .default(100)
      .describe("First pause before a dead endpoint is dialled again; it doubles each time."),
    reconnectDelayMsMax: z.int().min(1).default(3_000).describe("Longest such pause."),
    keepaliveIntervalMs: z
      .int()
      .min(1000)
      .default(10_000)
      .describe("Pause between pings on a connection with calls in flight."),
    keepaliveTimeoutMs: keepaliveTimeoutMs.describe(
      "A connection that has not come about, or whose ping is not answered, in this time is dead.",
    ),
  })
  .prefault({})
  .describe("Calls to the service over gRPC.");
export type RpcClientConfig = z.infer<typeof RpcClientConfig>;
