import type { Kysely } from "kysely";
import type { Slice } from "../../../common/access/page.ts";
import { keyOf } from "../fields.ts";
import type { InviteStore } from "../stores.ts";
import { inviteFromRow, inviteToRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

export function createInviteStore(sql: Kysely<Tables>): InviteStore {
  return {
    async create(invite) {
      await sql.insertInto("invite").values(inviteToRow(invite)).execute();
    },
    async countOpen(nowMs) {
      const { open } = await sql
        .selectFrom("invite")
        .select((query) => query.fn.countAll<number>().as("open"))
        .where("used_at_ms", "=", 0)
        .where("expires_at_ms", ">", nowMs)
        .executeTakeFirstOrThrow();
      return open;
    },
    async find(id) {
      const row = await sql
        .selectFrom("invite")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row && inviteFromRow(row);
    },
    async findUsable(codeHash, email, nowMs) {
      const row = await sql
        .selectFrom("invite")
        .selectAll()
        .where("code_hash", "=", codeHash)
        .where("used_at_ms", "=", 0)
        .where("expires_at_ms", ">", nowMs)
        .where("email_key", "in", ["", keyOf(email)])
        .executeTakeFirst();
      return row && inviteFromRow(row);
    },
    list: (slice) => list(sql, slice),
    async delete(id) {
      const { numDeletedRows } = await sql
        .deleteFrom("invite")
        .where("id", "=", id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async purge(beforeMs) {
      await sql.deleteFrom("invite").where("expires_at_ms", "<=", beforeMs).execute();
    },
  };
}

/** In the order of creation, so that a page keeps its place when invitations are added. */
async function list(sql: Kysely<Tables>, { offset, limit }: Slice) {
  const rows = await sql
    .selectFrom("invite")
    .selectAll()
    .orderBy("id")
    .limit(limit)
    .offset(offset)
    .execute();
  const { total } = await sql
    .selectFrom("invite")
    .select((query) => query.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  return { items: rows.map(inviteFromRow), total };
}
