import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type { Pool, PoolClient } from "pg";
import { AppError, type ErrorCode } from "../errors.ts";

/**
 * A pool for Kysely that makes the failures which are nobody's programming error into ones that
 * callers understand: a server that is away, too busy or too slow, and text that PostgreSQL cannot
 * keep. Others pass unchanged. A connection that failed is not given to the next.
 */
export function withPublicFailures(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      try {
        return createClient(await pool.connect());
      } catch (cause) {
        // Nothing was asked yet, so whatever went wrong lies with the server.
        throw failure(cause) ?? unavailable(cause);
      }
    },
  };
}

function createClient(client: PoolClient): PostgresPoolClient {
  let broken = false;
  function query<Row>(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<PostgresQueryResult<Row>>;
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  function query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== "string") throw new Error("queries on PostgreSQL are not streamed");
    // Dropping the connection rolls back; to ask for it first could take as long as the failure did.
    if (broken && sql === "rollback") return Promise.resolve({ rows: [] });
    return client.query(sql, [...parameters]).catch((cause) => {
      const known = failure(cause);
      // The pool would not know yet: the server says that it ends a connection before it does, and
      // one that no longer answers looks open until TCP gives up, a quarter of an hour later.
      broken ||= known?.code === "service.unavailable" || known?.code === "service.timeout";
      throw known ?? cause;
    });
  }
  return { query, release: (destroy) => client.release(destroy || broken) };
}

/** By SQLSTATE, whole or its class, and by the codes and words of the socket. */
const failures: readonly (readonly [pattern: RegExp, code: ErrorCode, message: string])[] = [
  [/^(08...|57P0.|53...)$/, "service.unavailable", "The database is not reachable."],
  [/^E[A-Z]+$|terminated/, "service.unavailable", "The database is not reachable."],
  // A standby, or a server that an operator or its disk keeps from writing.
  [/^(25006|58...)$/, "service.unavailable", "The database cannot be read or written."],
  [/^57014$|timeout/, "service.timeout", "The database took too long."],
  [/^(40001|40P01|55P03)$/, "service.overloaded", "The database is too busy. Try again soon."],
  [/^(22021|22P05)$/, "request.invalid", "A text contains a character that cannot be stored."],
];

function failure(cause: unknown): AppError | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as { code?: unknown };
  // What the server says has a code; what the client library says has only words.
  const sign = typeof code === "string" ? code : cause.message;
  const found = failures.find(([pattern]) => pattern.test(sign));
  return found && new AppError(found[1], found[2], { cause });
}

const unavailable = (cause: unknown) =>
  new AppError("service.unavailable", "The database is not reachable.", { cause });
