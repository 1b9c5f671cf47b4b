import { type Kysely, sql } from "kysely";
import { columnTypes, type Migrations } from "../../../common/db/database.ts";

export const migrations: Migrations = { "0001_models_and_channels": createTables };

async function createTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("models")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("display_name", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("context_tokens_max", columnTypes.bigint, (column) => column.notNull())
    .addColumn("output_tokens_max", columnTypes.bigint, (column) => column.notNull())
    .addColumn("input_modalities", "text", (column) => column.notNull())
    .addColumn("output_modalities", "text", (column) => column.notNull())
    .addColumn("capabilities", "text", (column) => column.notNull())
    .addColumn("prices", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("updated_at_ms", columnTypes.bigint, (column) => column.notNull())
    .execute();

  await database.schema
    .createTable("channels")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("provider", "text", (column) => column.notNull())
    .addColumn("base_url", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("model_source", "text", (column) => column.notNull())
    .addColumn("models", "text", (column) => column.notNull())
    .addColumn("sealed_credential", columnTypes.bytes)
    .addColumn("allow_private_network", "integer", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("updated_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("revision", columnTypes.bigint, (column) => column.notNull())
    .addColumn("discovered", "text", (column) => column.notNull())
    .addColumn("discovered_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("discovery_error", "text", (column) => column.notNull())
    .addColumn("discovery_claimed_at_ms", columnTypes.bigint, (column) => column.notNull())
    .execute();

  // Declared channels are told apart by their ids, which derive from their names. They stay out of
  // this: a channel made through the API must not keep a process from starting whose configuration
  // declares one of the same name.
  await database.schema
    .createIndex("channels_name_of_api")
    .unique()
    .on("channels")
    .column("name")
    .where(sql<boolean>`source = 'api'`)
    .execute();
}
