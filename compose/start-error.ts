import { ConfigError } from "../common/config.ts";
import { DatabaseOpenError } from "../common/db/database.ts";
import { AppError } from "../common/errors.ts";

/** Why a process cannot start, in one sentence for the person who started it. */
export class StartError extends Error {
  override readonly name = "StartError";

  constructor(sentence: string, cause?: unknown) {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    super(`${sentence}${reason}`, cause === undefined ? undefined : { cause });
  }
}

/** What to print of an error that ended a start; a stack only when it is a defect of ours. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (foreseen.some((kind) => error instanceof kind)) return error.message;
  const wrongUsage = "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  return wrongUsage ? `${error.message}\nTry --help.` : (error.stack ?? error.message);
}

const foreseen = [StartError, ConfigError, DatabaseOpenError, AppError];
