import type { Transaction } from "kysely";
import { AppError } from "../../../common/errors.ts";
import type { AccessChange, Administration, UserRecord } from "../stores.ts";
import { lockOwnership, lockUser } from "./locks.ts";
import { userFromRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

interface Parties {
  readonly actorId: string;
  readonly targetId: string;
  readonly nowMs: number;
}

/** As `UserStore.administer` says. */
export async function administer(
  sql: Transaction<Tables>,
  { actorId, targetId, nowMs }: Parties,
  decide: (administration: Administration) => AccessChange,
): Promise<UserRecord> {
  await lockOwnership(sql);
  const actor = await lockUser(sql, actorId);
  if (!actor) throw new AppError("auth.required", "Sign in first.");
  const target = targetId === actorId ? actor : await lockUser(sql, targetId);
  const change = decide({ actor, target, activeOwners: await countActiveOwners(sql) });
  if (!target) throw new AppError("resource.not_found", "There is no such user.");
  return apply(sql, { target, change, nowMs });
}

async function countActiveOwners(sql: Transaction<Tables>): Promise<number> {
  const { owners } = await sql
    .selectFrom("user_account")
    .select((query) => query.fn.countAll<number>().as("owners"))
    .where("role", "=", "owner")
    .where("status", "=", "active")
    .executeTakeFirstOrThrow();
  return owners;
}

async function apply(
  sql: Transaction<Tables>,
  { target, change, nowMs }: { target: UserRecord; change: AccessChange; nowMs: number },
): Promise<UserRecord> {
  const { role, status, permissions } = change;
  const row = await sql
    .updateTable("user_account")
    .set({
      updated_at_ms: nowMs,
      ...(role === undefined ? {} : { role }),
      ...(status === undefined ? {} : { status }),
      ...(permissions === undefined ? {} : { permissions: JSON.stringify(permissions) }),
    })
    .where("id", "=", target.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (status === "disabled") {
    await sql.deleteFrom("session").where("user_id", "=", target.id).execute();
  }
  return userFromRow(row);
}
