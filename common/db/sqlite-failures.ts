import { AppError, type ErrorCode } from "../errors.ts";

/** By SQLite's primary result codes. */
const failures: readonly (readonly [codes: number[], code: ErrorCode, message: string])[] = [
  // SQLITE_NOMEM, READONLY, IOERR, FULL, CANTOPEN: the disk or the machine, and it may pass.
  [[7, 8, 10, 13, 14], "service.unavailable", "The database cannot be read or written."],
  // SQLITE_BUSY, LOCKED: somebody else, such as a backup, holds the file.
  [[5, 6], "service.overloaded", "The database is too busy. Try again soon."],
];

/**
 * What callers are told of a statement that failed, as on PostgreSQL: failures that are nobody's
 * programming error become ones that callers understand, others keep SQLite's own code.
 */
export function sqliteFailure(message: string, errcode: number | undefined): Error {
  const cause = Object.assign(new Error(message), { errcode });
  if (errcode === undefined) return cause;
  const primary = errcode & 0xff;
  const found = failures.find(([codes]) => codes.includes(primary));
  return found ? new AppError(found[1], found[2], { cause }) : cause;
}
