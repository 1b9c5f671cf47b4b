import type { Kysely, Transaction } from "kysely";
import type { SessionStore, SessionWithUser } from "../stores.ts";
import { lockUser } from "./locks.ts";
import { sessionFromRow, sessionToRow, userFromRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

export function createSessionStore(sql: Kysely<Tables>): SessionStore {
  return {
    begin: (session, passwordHash, sessionsMax) =>
      sql.transaction().execute(async (transaction) => {
        const user = await lockUser(transaction, session.userId);
        if (user?.status !== "active" || user.passwordHash !== passwordHash) return false;
        await transaction.insertInto("session").values(sessionToRow(session)).execute();
        await endBeyond(transaction, session.userId, sessionsMax);
        return true;
      }),
    find: (id) => find(sql, id),
    async rotate(session, fromHash) {
      const { id, ...row } = sessionToRow(session);
      const { numUpdatedRows } = await sql
        .updateTable("session")
        .set(row)
        .where("id", "=", id)
        .where("refresh_hash", "=", fromHash)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async listLive(userId, nowMs) {
      const rows = await sql
        .selectFrom("session")
        .selectAll()
        .where("user_id", "=", userId)
        .where("expires_at_ms", ">", nowMs)
        .orderBy("last_used_at_ms", "desc")
        .orderBy("id", "desc")
        .execute();
      return rows.map(sessionFromRow);
    },
    async end(userId, id) {
      const { numDeletedRows } = await sql
        .deleteFrom("session")
        .where("id", "=", id)
        .where("user_id", "=", userId)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async purge(nowMs) {
      await sql.deleteFrom("session").where("expires_at_ms", "<=", nowMs).execute();
    },
  };
}

async function find(sql: Kysely<Tables>, id: string): Promise<SessionWithUser | undefined> {
  const session = await sql
    .selectFrom("session")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  if (!session) return undefined;
  const user = await sql
    .selectFrom("user_account")
    .selectAll()
    .where("id", "=", session.user_id)
    .executeTakeFirstOrThrow();
  return { session: sessionFromRow(session), user: userFromRow(user) };
}

/** Keeps the newest sessions by last use. */
async function endBeyond(
  sql: Transaction<Tables>,
  userId: string,
  sessionsMax: number,
): Promise<void> {
  const surplus = await sql
    .selectFrom("session")
    .select("id")
    .where("user_id", "=", userId)
    .orderBy("last_used_at_ms", "desc")
    .orderBy("id", "desc")
    .offset(sessionsMax)
    // SQLite takes no offset without a limit. Earlier sign-ins have left at most one too many.
    .limit(1_000)
    .execute();
  const ids = surplus.map((row) => row.id);
  if (ids.length > 0) await sql.deleteFrom("session").where("id", "in", ids).execute();
}
