import { sql as fragment, type Kysely } from "kysely";
import { columnTypes, type Migrations } from "../../../common/db/database.ts";

export const migrations: Migrations = {
  async "0001-keys-and-secrets"(sql) {
    await createKeys(sql);
    await createSecrets(sql);
    await sql.schema
      .createTable("api_key_owners")
      .addColumn("user_id", "text", (column) => column.primaryKey())
      .execute();
  },
  async "0002-disabled-by"(sql) {
    await sql.schema.alterTable("api_keys").addColumn("disabled_by", "text").execute();
  },
};

async function createKeys(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("api_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("permissions", "text", (column) => column.notNull())
    .addColumn("prefix", "text", (column) => column.notNull())
    .addColumn("last_four", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("updated_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("expires_at_ms", columnTypes.bigint)
    .execute();
  await sql.schema
    .createIndex("api_keys_in_order")
    .on("api_keys")
    .columns(["created_at_ms", "id"])
    .execute();
  await sql.schema
    .createIndex("api_keys_of_user")
    .on("api_keys")
    .columns(["user_id", "created_at_ms", "id"])
    .execute();
}

async function createSecrets(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("api_key_secrets")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("key_id", "text", (column) => column.notNull().references("api_keys.id"))
    .addColumn("created_at_ms", columnTypes.bigint, (column) => column.notNull())
    .addColumn("ends_at_ms", columnTypes.bigint)
    .execute();
  await sql.schema
    .createIndex("api_key_secrets_of_key")
    .on("api_key_secrets")
    .column("key_id")
    .execute();
  // The database itself keeps two secrets of a key from both being current.
  await sql.schema
    .createIndex("api_key_secrets_current")
    .unique()
    .on("api_key_secrets")
    .column("key_id")
    .where(fragment<boolean>`ends_at_ms is null`)
    .execute();
}
