import type { Kysely } from "kysely";
import { isLiving, type KeyExpressions } from "./reach.ts";
import { toStoredKey } from "./rows.ts";
import type { ApiKeyTables, Disabler, KeyReference, StoredKey } from "./schema.ts";

export interface StatusChange {
  readonly status: StoredKey["status"];
  readonly by: Disabler;
  /** Whether it may enable what an administrator disabled. */
  readonly overrules: boolean;
  readonly nowMs: number;
}

/** One statement, so that a member's "enable" cannot slip past an administrator's "disable". */
export async function setStatus(
  sql: Kysely<ApiKeyTables>,
  reference: KeyReference,
  change: StatusChange,
): Promise<StoredKey | undefined> {
  const { status, by, overrules, nowMs } = change;
  const row = await sql
    .updateTable("api_keys")
    .set({ status, updated_at_ms: nowMs })
    .set((key) => ({ disabled_by: status === "active" ? null : strongest(key, by) }))
    .where((key) => isLiving(key, reference))
    .$if(status === "active" && !overrules, (update) => update.where(isNotBarred))
    .returningAll()
    .executeTakeFirst();
  return row && toStoredKey(row);
}

/** A user who disables once more what an administrator has disabled does not take it over. */
const strongest = (key: KeyExpressions, by: Disabler) =>
  by === "administrator"
    ? key.val(by)
    : key.case().when(isNotBarred(key)).then(by).else(key.ref("disabled_by")).end();

const isNotBarred = (key: KeyExpressions) =>
  key.or([
    key("status", "=", "active"),
    key("disabled_by", "is", null),
    key("disabled_by", "<>", "administrator"),
  ]);
