import { type DestinationStream, destination, type Logger, pino } from "pino";
import { z } from "zod";
import { AppError } from "./errors.ts";
import { prettyStream } from "./log-pretty.ts";

export type { Logger } from "pino";

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
  const pretty =
    config.format === "pretty" || (config.format === "auto" && Boolean(process.stderr.isTTY));
  const stream: DestinationStream = pretty
    ? prettyStream(process.stderr)
    : destination({ fd: 2, sync: true });
  return pino(
    {
      level: config.level,
      base: { process: process_, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError },
    },
    stream,
  );
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
