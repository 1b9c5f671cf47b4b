import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Database, OpenOptions } from "./database.ts";
import { migrate } from "./migrate.ts";
import { createSqliteDriver } from "./sqlite-driver.ts";

export async function openSqlite<Tables>({
  url,
  limits,
  migrations,
  log,
}: OpenOptions): Promise<Database<Tables>> {
  const file = resolve(url.slice("sqlite:".length));
  createPrivateFile(file);
  const sql = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => createSqliteDriver({ file, limits, log }),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  try {
    await migrate(sql, { migrations, log });
  } catch (error) {
    await sql.destroy();
    throw error;
  }
  return { sql, engine: "sqlite", close: () => sql.destroy() };
}

class Adapter extends SqliteAdapter {
  /** There is one, but its queue is the driver's, which bounds it; Kysely's own has no limit. */
  override get supportsMultipleConnections() {
    return true;
  }

  /** SQLite rolls tables back like rows, so that a migration that fails leaves nothing behind. */
  override get supportsTransactionalDdl() {
    return true;
  }
}

/** SQLite gives the files beside the database (`-wal`, `-shm`) the same mode. */
function createPrivateFile(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}
