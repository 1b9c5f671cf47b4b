import { type DestinationStream, destination, type Logger, pino } from "pino";
import { z } from "zod";
import { AppError } from "./errors.ts";
import { prettyStream } from "./log-pretty.ts";

export type { Logger } from "pino";

/** Lines wait until there are this many bytes of them, or for this long. */
const bufferBytes = 8 * 1024;
const flushIntervalMs = 100;

export const LogConfig = z
  .strictObject({
    level: z
      .enum(["trace", "debug", "info", "warn", "error", "silent"])
      .default("info")
      .describe("Lowest level that is written."),
    format: z
      .enum(["auto", "json", "pretty"])
      .default("auto")
      .describe("`json` is one object a line; `auto` is `pretty` in a terminal, else `json`."),
  })
  .prefault({})
  .describe("Logs go to standard error.");
export type LogConfig = z.infer<typeof LogConfig>;

/** Logs to standard error, so that standard output carries only what a command answers. */
export function createLog(config: LogConfig, process_: string): Logger {
  return pino(
    {
      level: config.level,
      base: { process: process_, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError },
    },
    openStream(config),
  );
}

function openStream({ level, format }: LogConfig): DestinationStream {
  if (level === "silent") return { write() {} };
  const pretty = format === "pretty" || (format === "auto" && Boolean(process.stderr.isTTY));
  return pretty ? prettyStream(process.stderr) : bufferedStream();
}

/** A write for every line would cost more than the line; what waits is written at the end too. */
function bufferedStream(): DestinationStream {
  const stream = destination({ fd: 2, sync: false, minLength: bufferBytes });
  setInterval(() => stream.flush(), flushIntervalMs).unref();
  process.on("exit", () => stream.flushSync());
  return stream;
}

/** An error for the log: what we told the client, and the chain of what really happened. */
export function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...(error instanceof AppError ? { code: error.code } : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}
