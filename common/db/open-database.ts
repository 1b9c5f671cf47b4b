import { AppError } from "../errors.ts";
import { type Database, DatabaseOpenError, type OpenOptions } from "./database.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";

/** Opens a service's database and brings its tables up to date. Throws a `DatabaseOpenError`. */
export async function openDatabase<Tables>(options: OpenOptions): Promise<Database<Tables>> {
  const { url } = options;
  try {
    if (url.startsWith("sqlite:")) return await openSqlite<Tables>(options);
    if (/^postgres(ql)?:\/\//.test(url)) return await openPostgres<Tables>(options);
  } catch (error) {
    const reason = reasonOf(error);
    throw new DatabaseOpenError(`cannot open the database ${withoutPassword(url)}: ${reason}`, {
      cause: error,
    });
  }
  throw new DatabaseOpenError(
    `${withoutPassword(url)} is no database: expected sqlite:<file> or postgres://...`,
  );
}

/** A URL that may be written wrongly: up to its last @ and behind a ? all could be its password. */
function withoutPassword(url: string): string {
  if (url.startsWith("sqlite:")) return url;
  const [scheme] = /^[a-z]+:\/\//i.exec(url) ?? [""];
  const [rest = "", query = ""] = url.slice(scheme.length).split(/\?(.*)/s);
  const isClear = scheme !== "" && (rest.includes("@") || !query.includes("@"));
  return scheme + (isClear ? rest.slice(rest.lastIndexOf("@") + 1) : "...");
}

/** What really happened, beneath what a client would be told. */
function reasonOf(error: unknown): string {
  const deepest = error instanceof AppError && error.cause !== undefined ? error.cause : error;
  if (deepest instanceof AggregateError && deepest.errors[0]) return reasonOf(deepest.errors[0]);
  return deepest instanceof Error && deepest.message ? deepest.message : String(deepest);
}
