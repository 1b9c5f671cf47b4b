import { Worker } from "node:worker_threads";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { sqliteFailure } from "./sqlite-failures.ts";
import type { SqliteAnswer, SqliteQuery } from "./sqlite-worker.ts";

/** The thread that holds SQLite's one connection, as seen from outside. */
export interface SqliteThread {
  /** False once it has ended, whatever ended it. */
  readonly alive: boolean;
  /** One statement at a time. */
  ask(sql: string, parameters: readonly unknown[]): Promise<SqliteAnswer & { ok: true }>;
  close(): Promise<void>;
}

/** Resolves when the database is open. */
export async function startSqliteThread(file: string, log: Logger): Promise<SqliteThread> {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: file });
  let asked: PromiseWithResolvers<SqliteAnswer & { ok: true }> | undefined;
  let gone = false;
  const opened = Promise.withResolvers<void>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));

  const fail = (cause: unknown) => {
    gone = true;
    opened.reject(cannotOpen(cause));
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
    else if (answer.opening) opened.reject(cannotOpen(new Error(answer.message)));
    else waiting?.reject(sqliteFailure(answer.message, answer.errcode));
  });
  await opened.promise;
  // Only a statement that runs keeps the process alive: an idle database has nothing to lose.
  worker.unref();

  return {
    get alive() {
      return !gone;
    },
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

const cannotOpen = (cause: unknown) =>
  new AppError("service.unavailable", "The database cannot be opened.", { cause });
