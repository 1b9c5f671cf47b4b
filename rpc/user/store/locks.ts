import type { Transaction } from "kysely";
import type { UserRecord } from "../stores.ts";
import { userFromRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

/*
 * An update that changes nothing locks its row until the transaction ends, on PostgreSQL. SQLite has
 * no `select ... for update`, but runs one writing transaction at a time anyway.
 */

/** Who owns the deployment is decided by one transaction at a time. */
export async function lockOwnership(sql: Transaction<Tables>): Promise<void> {
  await sql
    .updateTable("deployment")
    .set({ name: "owners" })
    .where("name", "=", "owners")
    .execute();
}

/** The user as it stands, and stays until the transaction ends. */
export async function lockUser(
  sql: Transaction<Tables>,
  id: string,
): Promise<UserRecord | undefined> {
  const row = await sql
    .updateTable("user_account")
    .set({ id })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  return row && userFromRow(row);
}
