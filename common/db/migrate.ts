import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import type { Logger } from "../log.ts";
import type { Migrations } from "./database.ts";

export interface MigrateOptions {
  readonly migrations: Migrations;
  readonly log: Logger;
  /** Where the migrator keeps its own tables, on PostgreSQL; created when absent. */
  readonly schema?: string;
}

/** Runs what has not run yet, under the engine's lock: of replicas that start together one does it. */
export async function migrate<Tables>(
  sql: Kysely<Tables>,
  { migrations, log, schema }: MigrateOptions,
): Promise<void> {
  const byName = Object.entries(migrations).map(([name, up]) => [name, { up }]);
  const migrator = new Migrator({
    db: sql,
    provider: { getMigrations: async () => Object.fromEntries(byName) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw explained(error);
  const done = results.map((result) => result.migrationName);
  if (done.length > 0) log.info({ migrations: done, schema }, "database migrated");
}

/** What the engine calls corruption is a database that a newer version of ours has seen. */
function explained(error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  const [, unknown] = /executed migration (\S+) is missing/.exec(message) ?? [];
  if (unknown === undefined) return error;
  return new Error(
    `another version has changed it (migration ${unknown}): start that one, or restore a backup`,
    { cause: error },
  );
}
