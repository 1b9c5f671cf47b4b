import type { Kysely } from "kysely";
import { columnTypes, type Migrations } from "../../../common/db/database.ts";
import type { Tables } from "./schema.ts";

const { bigint, bytes } = columnTypes;

export const migrations: Migrations = {
  "001_accounts": async (sql) => {
    await createUserAccount(sql);
    await createSession(sql);
    await createInvite(sql);
    await createLoginAttempt(sql);
    await createDeployment(sql);
  },
};

async function createUserAccount(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("user_account")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("username", "text", (column) => column.notNull())
    .addColumn("username_key", "text", (column) => column.notNull().unique())
    .addColumn("email", "text", (column) => column.notNull())
    .addColumn("email_key", "text", (column) => column.notNull().unique())
    .addColumn("password_hash", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("permissions", "text", (column) => column.notNull())
    .addColumn("created_at_ms", bigint, (column) => column.notNull())
    .addColumn("updated_at_ms", bigint, (column) => column.notNull())
    .execute();
}

async function createSession(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("session")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull().references("user_account.id"))
    .addColumn("refresh_hash", "text", (column) => column.notNull())
    .addColumn("spent", "text", (column) => column.notNull())
    .addColumn("created_at_ms", bigint, (column) => column.notNull())
    .addColumn("last_used_at_ms", bigint, (column) => column.notNull())
    .addColumn("expires_at_ms", bigint, (column) => column.notNull())
    .addColumn("ip", "text", (column) => column.notNull())
    .addColumn("user_agent", "text", (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex("session_user")
    .on("session")
    .columns(["user_id", "last_used_at_ms"])
    .execute();
  await sql.schema.createIndex("session_expiry").on("session").column("expires_at_ms").execute();
}

async function createInvite(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("invite")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("code_hash", "text", (column) => column.notNull().unique())
    .addColumn("email", "text", (column) => column.notNull())
    .addColumn("email_key", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("created_at_ms", bigint, (column) => column.notNull())
    .addColumn("expires_at_ms", bigint, (column) => column.notNull())
    .addColumn("created_by", "text", (column) => column.notNull().references("user_account.id"))
    .addColumn("used_at_ms", bigint, (column) => column.notNull())
    .execute();
}

async function createLoginAttempt(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("login_attempt")
    .addColumn("subject", "text", (column) => column.primaryKey())
    .addColumn("failures", "integer", (column) => column.notNull())
    .addColumn("last_at_ms", bigint, (column) => column.notNull())
    .addColumn("blocked_until_ms", bigint, (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex("login_attempt_last")
    .on("login_attempt")
    .column("last_at_ms")
    .execute();
}

async function createDeployment(sql: Kysely<unknown>): Promise<void> {
  await sql.schema
    .createTable("signing_key")
    .addColumn("slot", "text", (column) => column.primaryKey())
    .addColumn("kid", "text", (column) => column.notNull().unique())
    .addColumn("public_jwk", "text", (column) => column.notNull())
    .addColumn("private_sealed", bytes, (column) => column.notNull())
    .addColumn("created_at_ms", bigint, (column) => column.notNull())
    .execute();
  await sql.schema
    .createTable("deployment")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", bytes)
    .execute();
  await (sql as Kysely<Tables>).insertInto("deployment").values({ name: "owners" }).execute();
}
