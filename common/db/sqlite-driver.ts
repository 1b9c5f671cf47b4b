import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from "kysely";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { DatabaseLimits } from "./database-config.ts";
import { type SqliteThread, startSqliteThread } from "./sqlite-thread.ts";

export interface SqliteDriverOptions {
  readonly file: string;
  readonly limits: DatabaseLimits;
  readonly log: Logger;
}

/**
 * Runs SQLite in a thread of its own. There is one connection; whoever wants it, for a statement or
 * for a whole transaction, waits in a bounded queue. A statement on the database (not on its
 * transaction) inside a transaction would wait for itself, until the queue's time-out. A thread that
 * has died takes the transaction that ran on it along; the next one gets a new thread.
 */
export function createSqliteDriver({ file, limits, log }: SqliteDriverOptions): Driver {
  const turns = createTurns(limits);
  let open: OpenConnection | undefined;
  let closed = false;
  const run = (on: DatabaseConnection, text: string) => on.executeQuery(CompiledQuery.raw(text));
  const living = async (): Promise<OpenConnection> => {
    if (closed) throw new AppError("service.unavailable", "The database is closed.");
    if (!open?.thread.alive) {
      const thread = await startSqliteThread(file, log);
      open = { thread, connection: createConnection(thread) };
    }
    return open;
  };

  return {
    async init() {
      await living();
    },
    async acquireConnection() {
      await turns.take();
      try {
        return (await living()).connection;
      } catch (error) {
        turns.give();
        throw error;
      }
    },
    async releaseConnection() {
      turns.give();
    },
    async beginTransaction(on) {
      // Takes the write lock at once: a lock taken later could fail with half the work done.
      await run(on, "begin immediate");
    },
    async commitTransaction(on) {
      await run(on, "commit");
    },
    async rollbackTransaction(on) {
      await run(on, "rollback");
    },
    async destroy() {
      await turns.take();
      closed = true;
      if (open?.thread.alive) await open.thread.close();
      turns.give();
    },
  };
}

interface OpenConnection {
  readonly thread: SqliteThread;
  readonly connection: DatabaseConnection;
}

function createConnection(thread: SqliteThread): DatabaseConnection {
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const answer = await thread.ask(sql, parameters);
      return {
        rows: answer.rows as Row[],
        ...(answer.changes === undefined ? {} : { numAffectedRows: BigInt(answer.changes) }),
      };
    },
    // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing of ours streams.
    async *streamQuery(): AsyncGenerator<never> {
      throw new Error("queries on SQLite are not streamed");
    },
  };
}

/** First come, first served; at most `waitersMax` wait, none longer than `waitTimeoutMs`. */
function createTurns({ waitersMax, waitTimeoutMs }: DatabaseLimits) {
  const waiters = new Set<() => void>();
  let taken = false;

  return {
    async take(): Promise<void> {
      if (!taken) {
        taken = true;
        return;
      }
      if (waiters.size >= waitersMax) throw busy();
      await new Promise<void>((resolve, reject) => {
        const waiter = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          reject(busy());
        }, waitTimeoutMs);
        waiters.add(waiter);
      });
    },
    give(): void {
      const [next] = waiters;
      if (!next) {
        taken = false;
        return;
      }
      waiters.delete(next);
      next();
    },
  };
}

const busy = () => new AppError("service.overloaded", "The database is too busy. Try again soon.");
