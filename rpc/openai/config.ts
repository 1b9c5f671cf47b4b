import { z } from "zod";

const milliseconds = z.number().int().min(1);
const bytes = z.number().int().min(1);

export const OpenAIConfig = z
  .strictObject({
    connectTimeoutMs: milliseconds
      .default(10_000)
      .describe("Longest wait for a connection to an upstream, TLS included."),
    firstByteTimeoutMs: milliseconds
      .default(600_000)
      .describe("Longest wait for an upstream's status after the request was taken in."),
    idleTimeoutMs: milliseconds
      .default(300_000)
      .describe("Longest silence of an upstream in the middle of its answer."),
    totalTimeoutMs: milliseconds
      .default(3_600_000)
      .describe("Longest time for one request from its arrival to the end of its answer."),
    heartbeatIntervalMs: milliseconds
      .default(15_000)
      .describe("A comment is sent into a stream whenever its upstream was silent for so long."),
    bufferBytesMax: bytes
      .default(131_072)
      .describe("An upstream is paused when its reader is so many bytes behind."),
    eventHoldBytesMax: bytes
      .default(1_048_576)
      .describe("An unfinished stream event is held back up to this size, then passed in parts."),
    answerHoldBytesMax: bytes
      .default(1_048_576)
      .describe("An answer that is no stream is held until whole up to this size, then passed on."),
    convertBytesMax: bytes
      .default(16_777_216)
      .describe("Largest answer that is converted between a stream and a plain answer."),
    errorBodyBytesMax: bytes
      .default(65_536)
      .describe("How much of an upstream's error is read to put it into a stream."),
    responseHeaderBytesMax: bytes.default(32_768).describe("Largest head of an upstream's answer."),
    requestDepthMax: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(128)
      .describe("Deepest nesting of a request's JSON."),
    connectionsPerOriginMax: z
      .number()
      .int()
      .min(1)
      .default(10_000)
      .describe("Most connections to one upstream, each with one request on it."),
    waitingPerOriginMax: z
      .number()
      .int()
      .min(0)
      .default(1_000)
      .describe("Most requests that wait for a connection to one upstream; more are refused."),
    keepAliveTimeoutMs: milliseconds
      .default(4_000)
      .describe(
        "How long an idle connection to an upstream stays open, unless the upstream itself says how long. Less than upstreams keep theirs (5 s is common), or a request may meet one that is just closing.",
      ),
    probeTimeoutMs: milliseconds
      .default(15_000)
      .describe("Longest time for asking an upstream which models it has."),
    probeBodyBytesMax: bytes.default(8_388_608).describe("Largest list of models that is read."),
  })
  .prefault({})
  .describe("Forwarding to upstream providers.");
export type OpenAIConfig = z.infer<typeof OpenAIConfig>;
