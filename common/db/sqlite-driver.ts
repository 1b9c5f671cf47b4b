import { Worker } from "node:worker_threads";
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from "kysely";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { DatabaseLimits } from "./database-config.ts";
import type { SqliteAnswer, SqliteQuery } from "./sqlite-worker.ts";

export interface SqliteDriverOptions {
  readonly file: string;
  readonly limits: DatabaseLimits;
  readonly log: Logger;
}

/**
 * Runs SQLite in a thread of its own. There is one connection; whoever wants it, for a statement or
 * for a whole transaction, waits in a bounded queue. A statement on the database (not on its
 * transaction) inside a transaction would wait for itself, until the queue's time-out.
 */
export function createSqliteDriver({ file, limits, log }: SqliteDriverOptions): Driver {
  const turns = createTurns(limits);
  let thread: Thread | undefined;
  let connection: DatabaseConnection | undefined;
  const run = (on: DatabaseConnection, text: string) => on.executeQuery(CompiledQuery.raw(text));

  return {
    async init() {
      thread = await startThread(file, log);
      connection = createConnection(thread);
    },
    async acquireConnection() {
      if (!connection) throw new AppError("service.unavailable", "The database is closed.");
      await turns.take();
      return connection;
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
      connection = undefined;
      await thread?.close();
      turns.give();
    },
  };
}

function createConnection(thread: Thread): DatabaseConnection {
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

interface Thread {
  ask(sql: string, parameters: readonly unknown[]): Promise<SqliteAnswer & { ok: true }>;
  close(): Promise<void>;
}

async function startThread(file: string, log: Logger): Promise<Thread> {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: file });
  let asked: PromiseWithResolvers<SqliteAnswer & { ok: true }> | undefined;
  let gone = false;
  const opened = Promise.withResolvers<void>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));

  const fail = (cause: unknown) => {
    gone = true;
    opened.reject(cause);
    asked?.reject(new AppError("service.unavailable", "The database stopped.", { cause }));
  };
  worker.on("error", (error) => {
    log.error({ error, file }, "the database thread failed");
    fail(error);
  });
  worker.on("exit", () => fail(new Error("the database thread ended")));
  worker.on("message", (answer: SqliteAnswer | "open") => {
    if (answer === "open") return opened.resolve();
    const waiting = asked;
    asked = undefined;
    worker.unref();
    if (answer.ok) waiting?.resolve(answer);
    else if (answer.opening) opened.reject(new Error(answer.message));
    else waiting?.reject(Object.assign(new Error(answer.message), { errcode: answer.errcode }));
  });
  await opened.promise;
  // Only a statement that runs keeps the process alive: an idle database has nothing to lose.
  worker.unref();

  return {
    ask(sql, parameters) {
      if (gone) throw new AppError("service.unavailable", "The database stopped.");
      // The queue lets one statement in at a time, so the next answer is the answer to this.
      asked = Promise.withResolvers();
      worker.ref();
      worker.postMessage({ sql, parameters } satisfies SqliteQuery);
      return asked.promise;
    },
    async close() {
      worker.ref();
      worker.postMessage("close");
      await exited;
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
