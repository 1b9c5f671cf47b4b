import { getSystemErrorMessage } from "node:util";
import { ConfigError } from "../common/config.ts";
import { DatabaseOpenError } from "../common/db/database.ts";
import { AppError } from "../common/errors.ts";

/** Why a process cannot start, in one sentence for the person who started it. */
export class StartError extends Error {
  override readonly name = "StartError";

  constructor(sentence: string, cause?: unknown) {
    const reason = cause instanceof Error ? `: ${reasonOf(cause)}` : "";
    super(`${sentence}${reason}`, cause === undefined ? undefined : { cause });
  }
}

/** What the system says, without the name of its call and the path, which the sentence has. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.errno === undefined || error.errno >= 0
    ? error.message
    : getSystemErrorMessage(error.errno);
}

const foreseen = [StartError, ConfigError, DatabaseOpenError, AppError];

/** What to print of an error that ended a start; a stack only when it is a defect of ours. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (foreseen.some((kind) => error instanceof kind)) return error.message;
  const wrongUsage = "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!wrongUsage) return error.stack ?? error.message;
  // What follows the first sentence explains how a value could begin with a dash.
  return `${error.message.replace(/\.\s.*/s, "")}. Try --help.`;
}
