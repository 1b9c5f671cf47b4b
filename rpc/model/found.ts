import { AppError } from "../../common/errors.ts";
import type { Source } from "./records.ts";

/** The entry that was looked for; throws `resource.not_found` when there is none. */
export function found<Entry>(entry: Entry | undefined, what: string): Entry {
  if (entry === undefined) throw new AppError("resource.not_found", `There is no such ${what}.`);
  return entry;
}

/** The same for an entry that is to be changed; throws `resource.read_only` for a declared one. */
export function foundToChange<Entry extends { source: Source }>(
  entry: Entry | undefined,
  what: string,
): Entry {
  const existing = found(entry, what);
  if (existing.source === "api") return existing;
  throw new AppError(
    "resource.read_only",
    `The configuration declares this ${what}; change it there.`,
  );
}
