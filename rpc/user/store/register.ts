import type { Transaction } from "kysely";
import { hasRole, type Role } from "../../../common/access/access.ts";
import { AppError } from "../../../common/errors.ts";
import { keyOf } from "../fields.ts";
import type { RegistrationTerms, SessionRecord, UserRecord } from "../stores.ts";
import { lockOwnership } from "./locks.ts";
import { sessionToRow, userFromRow, userToRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

interface Registration {
  readonly user: UserRecord;
  readonly session: SessionRecord;
  readonly terms: RegistrationTerms;
}

/** As `UserStore.register` says. */
export async function register(
  sql: Transaction<Tables>,
  { user, session, terms }: Registration,
): Promise<UserRecord | undefined> {
  let role = user.role;
  if (terms.kind === "first") {
    await lockOwnership(sql);
    const other = await sql.selectFrom("user_account").select("id").limit(1).executeTakeFirst();
    if (other) return undefined;
  }
  if (terms.kind === "invite") role = await useInvite(sql, terms.codeHash, user);
  const row = await sql
    .insertInto("user_account")
    .values(userToRow({ ...user, role }))
    .returningAll()
    .executeTakeFirstOrThrow();
  await sql.insertInto("session").values(sessionToRow(session)).execute();
  return userFromRow(row);
}

/** Uses the invitation up and returns the role that it gives. */
async function useInvite(
  sql: Transaction<Tables>,
  codeHash: string,
  user: UserRecord,
): Promise<Role> {
  const used = await sql
    .updateTable("invite")
    .set({ used_at_ms: user.createdAtMs })
    .where("code_hash", "=", codeHash)
    .where("used_at_ms", "=", 0)
    .where("expires_at_ms", ">", user.createdAtMs)
    .where("email_key", "in", ["", keyOf(user.email)])
    .returning(["role", "created_by"])
    .executeTakeFirst();
  const creator = used && (await findCreator(sql, used.created_by));
  const role = (["owner", "admin", "member"] as const).find((known) => known === used?.role);
  // An invitation is worth what its creator may still give.
  if (!role || creator?.status !== "active" || !hasRole(creator.role, role)) {
    throw new AppError("registration.invite_invalid", "This invitation cannot be used.");
  }
  return role;
}

const findCreator = (sql: Transaction<Tables>, id: string) =>
  sql.selectFrom("user_account").select(["role", "status"]).where("id", "=", id).executeTakeFirst();
