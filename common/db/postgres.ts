import { Kysely, PostgresDialect } from "kysely";
import type { PoolConfig } from "pg";
import type { Database, OpenOptions } from "./database.ts";
import { migrate } from "./migrate.ts";
import { withPublicFailures } from "./postgres-failures.ts";

/** Type ids of PostgreSQL that are read as numbers: int8, and numeric, which a sum of int8 is. */
const numberTypes: readonly number[] = [20, 1700];

export async function openPostgres<Tables>(options: OpenOptions): Promise<Database<Tables>> {
  const { schema, migrations, log, limits } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new Error(`bad schema name ${schema}`);
  const settings = connectionSettings(options);

  // Migrations get connections of their own: they may wait long for the lock and run long.
  const migrating = new Kysely<Tables>({ dialect: await dialect({ ...settings, max: 2 }, log) });
  try {
    await migrate(migrating, { migrations, log, schema });
  } finally {
    await migrating.destroy();
  }

  const sql = new Kysely<Tables>({
    dialect: await dialect(
      {
        ...settings,
        max: limits.connectionsMax,
        statement_timeout: limits.statementTimeoutMs,
        // The server should give up first; this is for a server that no longer answers.
        query_timeout: limits.statementTimeoutMs * 2,
        idle_in_transaction_session_timeout: limits.idleInTransactionTimeoutMs,
      },
      log,
    ),
  });
  return { sql, engine: "postgres", close: () => sql.destroy() };
}

/** Names in queries mean the service's own schema, on every connection of the pool. */
function connectionSettings({ url, schema, limits }: OpenOptions): PoolConfig {
  const target = new URL(url);
  const given = target.searchParams.get("options");
  const searchPath = `-c search_path=${schema}`;
  target.searchParams.set("options", given ? `${given} ${searchPath}` : searchPath);
  return {
    connectionString: target.href,
    application_name: `apirouter ${schema}`,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    keepAlive: true,
    // Only a statement that runs keeps the process alive.
    allowExitOnIdle: true,
  };
}

async function dialect(config: PoolConfig, log: OpenOptions["log"]): Promise<PostgresDialect> {
  // Loaded here, since a deployment on SQLite should not pay for it at start.
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    ...config,
    types: {
      getTypeParser: (id, format) =>
        numberTypes.includes(id) ? Number : pg.types.getTypeParser(id, format),
    },
  });
  // A connection that breaks leaves the pool by itself; unheard, either event ends the process: the
  // pool's for an idle connection, the client's for one in use.
  const onError = (error: Error) => log.warn({ error }, "a database connection broke");
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return new PostgresDialect({ pool: withPublicFailures(pool) });
}
