import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** The thread that holds the SQLite connection. It answers one statement after the other. */

export interface SqliteQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export type SqliteAnswer =
  | { readonly ok: true; readonly rows: unknown[]; readonly changes?: number }
  | {
      readonly ok: false;
      readonly message: string;
      /** SQLite's extended result code. */
      readonly errcode?: number;
      /** The database could not be opened at all. */
      readonly opening?: true;
    };

const busyTimeoutMs = 10_000;
const busyPauseMs = 10;
const sqliteBusy = 5;
const statementsMax = 200;

if (parentPort) serve(parentPort, String(workerData));

function serve(port: NonNullable<typeof parentPort>, file: string): void {
  let database: DatabaseSync;
  try {
    database = open(file);
  } catch (error) {
    port.postMessage({ ...failure(error), opening: true });
    return;
  }
  const prepare = createStatements(database);
  port.on("message", (message: SqliteQuery | "close") => {
    if (message !== "close") return port.postMessage(answer(database, prepare, message));
    database.close();
    port.close();
  });
  port.postMessage("open");
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, {
    timeout: busyTimeoutMs,
    enableForeignKeyConstraints: true,
  });
  useWriteAheadLog(database);
  // A commit that was answered is on the disk, also when the power fails the moment after.
  database.exec("pragma synchronous = full");
  // SQLite's own knows only ASCII; PostgreSQL's knows every letter.
  database.function("lower", { deterministic: true }, (text) =>
    typeof text === "string" ? text.toLowerCase() : text,
  );
  return database;
}

/** Of several that open a new file one turns it over; here SQLite does not wait by itself. */
function useWriteAheadLog(database: DatabaseSync): void {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      if (failure(error).errcode !== sqliteBusy || performance.now() > giveUpAt) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyPauseMs);
    }
  }
}

type Prepare = (sql: string) => StatementSync;

function answer(database: DatabaseSync, prepare: Prepare, query: SqliteQuery): SqliteAnswer {
  try {
    // Some failures end the transaction by themselves; rolling back then is done already.
    if (query.sql === "rollback" && !database.isTransaction) return { ok: true, rows: [] };
    const statement = prepare(query.sql);
    const parameters = query.parameters as SQLInputValue[];
    if (statement.columns().length > 0) return { ok: true, rows: statement.all(...parameters) };
    const { changes } = statement.run(...parameters);
    return { ok: true, rows: [], changes: Number(changes) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): SqliteAnswer & { ok: false } {
  const { message, errcode } = error as { message?: string; errcode?: number };
  return {
    ok: false,
    message: message ?? String(error),
    ...(errcode === undefined ? {} : { errcode }),
  };
}

/** Keeps the statements used last ready. */
function createStatements(database: DatabaseSync): Prepare {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.delete(sql);
    statements.set(sql, statement);
    const [oldest] = statements.keys();
    if (statements.size > statementsMax && oldest !== undefined) statements.delete(oldest);
    return statement;
  };
}
