/** SQLite's extended result codes for a broken UNIQUE and a broken PRIMARY KEY. */
const sqliteCodes: readonly unknown[] = [2067, 1555];
/** PostgreSQL's `unique_violation`. */
const postgresCode = "23505";

/**
 * Whether a statement failed because a row with the same unique value exists; with `column`, only
 * when that column is among the unique ones. Both engines name the columns: SQLite in the message
 * (`UNIQUE constraint failed: users.email`), PostgreSQL in the detail (`Key (email)=(...) ...`).
 */
export function isUniqueViolation(error: unknown, column?: string): boolean {
  const columns = violatedColumns(error);
  return columns !== undefined && (column === undefined || columns.includes(column));
}

function violatedColumns(error: unknown): string[] | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode, detail } = error as {
    code?: unknown;
    errcode?: unknown;
    detail?: unknown;
  };
  if (sqliteCodes.includes(errcode)) {
    const list = error.message.slice(error.message.indexOf(":") + 1);
    return list.split(",").map((name) => name.trim().replace(/^.*\./, ""));
  }
  if (code !== postgresCode) return undefined;
  const list = /\(([^)]*)\)=/.exec(String(detail))?.[1] ?? "";
  return list.split(",").map((name) => name.trim().replaceAll('"', ""));
}
