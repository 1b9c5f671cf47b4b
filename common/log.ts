import { type DestinationStream, type Logger, pino } from "pino";
import { z } from "zod";
import { AppError } from "./errors.ts";
import { LogBuffer } from "./log-buffer.ts";
import { prettyStream } from "./log-pretty.ts";

export type { Logger } from "pino";

/** By number: `process.stderr` would make a stream of it, which nothing else needs. */
const standardError = 2;

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
  return pretty ? prettyStream(process.stderr) : new LogBuffer(standardError);
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
