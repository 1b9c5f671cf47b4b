import type { Kysely } from "kysely";
import type { Slice } from "../../../common/access/page.ts";
import { containsText } from "../../../common/db/contains-text.ts";
import { toStoredKey } from "./rows.ts";
import type { ApiKeyTables, Reach, ShownStatus, StoredKey } from "./schema.ts";

export interface KeyQuery extends Slice {
  readonly reach: Reach;
  /** Just this user's; empty for all in reach. */
  readonly userId: string;
  /** Empty for every one. */
  readonly status: ShownStatus | "";
  /** Part of a name, in any case; empty for all. */
  readonly name: string;
  readonly nowMs: number;
}

export interface KeyPage {
  readonly keys: StoredKey[];
  readonly total: number;
}

/**
 * Oldest first. A new key then comes after all that were there, and so moves none of them to
 * another page: who reads all pages while keys are created meets every one that was there exactly
 * once. With the newest first, each new key would push one from a page that is read to the next.
 */
export async function listKeys(sql: Kysely<ApiKeyTables>, query: KeyQuery): Promise<KeyPage> {
  const { total } = await matching(sql, query)
    .select((key) => key.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  const rows = await matching(sql, query)
    .selectAll()
    .orderBy("created_at_ms")
    .orderBy("id")
    .limit(query.limit)
    .offset(query.offset)
    .execute();
  return { keys: rows.map(toStoredKey), total };
}

function matching(sql: Kysely<ApiKeyTables>, { reach, userId, status, name, nowMs }: KeyQuery) {
  let keys = sql.selectFrom("api_keys").where("status", "<>", "deleted");
  if (reach !== "every") keys = keys.where("user_id", "=", reach.userId);
  if (userId !== "") keys = keys.where("user_id", "=", userId);
  if (name !== "") keys = keys.where(containsText("name", name));
  if (status === "expired") return keys.where("expires_at_ms", "<=", nowMs);
  if (status === "") return keys;
  return keys
    .where("status", "=", status)
    .where((key) => key.or([key("expires_at_ms", "is", null), key("expires_at_ms", ">", nowMs)]));
}
