import type { Transaction } from "kysely";
import type { Database } from "../../../common/db/database.ts";
import { type KeyPage, type KeyQuery, listKeys } from "./list-keys.ts";
import { isLiving, isReachable } from "./reach.ts";
import { type KeyChange, toColumns, toRow, toStoredKey } from "./rows.ts";
import type { ApiKeyTables, HashedSecret, KeyReference, StoredKey } from "./schema.ts";
import { type StatusChange, setStatus } from "./set-status.ts";

/** The keys as the logic reaches them. What is deleted is absent everywhere but in `deleteKey`. */
export interface ApiKeyStore {
  /** False, with nothing stored, when the user has `keysMax` keys already. */
  insertKey(key: StoredKey, secretHash: Uint8Array, keysMax: number): Promise<boolean>;
  findKey(reference: KeyReference): Promise<StoredKey | undefined>;
  listKeys(query: KeyQuery): Promise<KeyPage>;
  /**
   * Lets `decide` see the key as it stands, and changes just the fields that it gives, so that
   * changes which race lose none. Throws what `decide` throws.
   */
  updateKey(
    reference: KeyReference,
    decide: (key: StoredKey) => KeyChange,
  ): Promise<StoredKey | undefined>;
  /** Undefined, with nothing changed, also where an administrator's "disabled" stands against it. */
  setStatus(reference: KeyReference, change: StatusChange): Promise<StoredKey | undefined>;
  rotateKey(reference: KeyReference, rotation: Rotation): Promise<StoredKey | undefined>;
  /** Leaves a tombstone without secrets. "repeated" when there was nothing left but that. */
  deleteKey(reference: KeyReference, nowMs: number): Promise<"deleted" | "repeated" | "absent">;
  findSecret(hash: Uint8Array): Promise<FoundSecret | undefined>;
}

export interface Rotation {
  readonly secret: HashedSecret;
  readonly nowMs: number;
  /** How long the secret that is current until now goes on working. */
  readonly graceMs: number;
  /** Ended secrets that are kept, so that they are told apart from unknown ones. */
  readonly retiredMax: number;
}

export interface FoundSecret {
  readonly key: StoredKey;
  /** When the secret stops or stopped working; null for the current one. */
  readonly endsAtMs: number | null;
}

/** Each method is one statement or one transaction, correct beside any other on any replica. */
export function createApiKeyStore({ sql }: Database<ApiKeyTables>): ApiKeyStore {
  return {
    insertKey: (key, secretHash, keysMax) =>
      sql.transaction().execute(async (transaction) => {
        await lockOwner(transaction, key.userId);
        if ((await countKeys(transaction, key.userId)) >= keysMax) return false;
        await transaction.insertInto("api_keys").values(toRow(key)).execute();
        await insertSecret(transaction, key.id, { hash: secretHash, createdAtMs: key.createdAtMs });
        return true;
      }),

    async findKey(reference) {
      const row = await sql
        .selectFrom("api_keys")
        .selectAll()
        .where((key) => isLiving(key, reference))
        .executeTakeFirst();
      return row && toStoredKey(row);
    },

    listKeys: (query) => listKeys(sql, query),

    updateKey: (reference, decide) =>
      sql.transaction().execute((transaction) => update(transaction, reference, decide)),

    setStatus: (reference, change) => setStatus(sql, reference, change),

    rotateKey: (reference, rotation) =>
      sql.transaction().execute((transaction) => rotate(transaction, reference, rotation)),

    deleteKey: (reference, nowMs) =>
      sql.transaction().execute(async (transaction) => {
        const deleted = await transaction
          .updateTable("api_keys")
          .set({ status: "deleted", updated_at_ms: nowMs })
          .where((key) => isLiving(key, reference))
          .returning("id")
          .executeTakeFirst();
        if (!deleted) return (await isTombstone(transaction, reference)) ? "repeated" : "absent";
        await transaction
          .deleteFrom("api_key_secrets")
          .where("key_id", "=", reference.id)
          .execute();
        return "deleted";
      }),

    async findSecret(hash) {
      const row = await sql
        .selectFrom("api_key_secrets")
        .innerJoin("api_keys", "api_keys.id", "api_key_secrets.key_id")
        .selectAll("api_keys")
        .select("api_key_secrets.ends_at_ms")
        // An index lookup takes longer the more of a stored hash it shares with the one asked for.
        // That tells nothing: without the pepper nobody can choose what a guess hashes to.
        .where("api_key_secrets.hash", "=", toHex(hash))
        .where("api_keys.status", "<>", "deleted")
        .executeTakeFirst();
      return row && { key: toStoredKey(row), endsAtMs: row.ends_at_ms };
    },
  };
}

async function update(
  transaction: Transaction<ApiKeyTables>,
  reference: KeyReference,
  decide: (key: StoredKey) => KeyChange,
): Promise<StoredKey | undefined> {
  // Changes nothing, but locks the row.
  const before = await transaction
    .updateTable("api_keys")
    .set({ id: reference.id })
    .where((key) => isLiving(key, reference))
    .returningAll()
    .executeTakeFirst();
  if (!before) return undefined;
  const row = await transaction
    .updateTable("api_keys")
    .set(toColumns(decide(toStoredKey(before))))
    .where("id", "=", reference.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toStoredKey(row);
}

/** Not the present: that still lies ahead of a replica whose clock is behind. */
const endedMs = 0;

/**
 * The first statement locks the key's row, so rotations that race run one after the other: each
 * retires the secret of the one before it. At most two secrets of a key work at a time, since a
 * further rotation ends an earlier grace at once.
 */
async function rotate(
  transaction: Transaction<ApiKeyTables>,
  reference: KeyReference,
  { secret, nowMs, graceMs, retiredMax }: Rotation,
): Promise<StoredKey | undefined> {
  const row = await transaction
    .updateTable("api_keys")
    .set({ prefix: secret.prefix, last_four: secret.lastFour, updated_at_ms: nowMs })
    .where((key) => isLiving(key, reference))
    .returningAll()
    .executeTakeFirst();
  if (!row) return undefined;
  await transaction
    .updateTable("api_key_secrets")
    .set({ ends_at_ms: endedMs })
    .where("key_id", "=", row.id)
    .where("ends_at_ms", ">", endedMs)
    .execute();
  await transaction
    .updateTable("api_key_secrets")
    .set({ ends_at_ms: graceMs > 0 ? nowMs + graceMs : endedMs })
    .where("key_id", "=", row.id)
    .where("ends_at_ms", "is", null)
    .execute();
  await forgetOldest(transaction, row.id, retiredMax);
  await insertSecret(transaction, row.id, { hash: secret.hash, createdAtMs: nowMs });
  return toStoredKey(row);
}

async function forgetOldest(
  transaction: Transaction<ApiKeyTables>,
  keyId: string,
  retiredMax: number,
): Promise<void> {
  const ended = await transaction
    .selectFrom("api_key_secrets")
    .select("hash")
    .where("key_id", "=", keyId)
    .where("ends_at_ms", "=", endedMs)
    .orderBy("created_at_ms", "desc")
    .execute();
  const forgotten = ended.slice(retiredMax).map(({ hash }) => hash);
  if (forgotten.length === 0) return;
  await transaction.deleteFrom("api_key_secrets").where("hash", "in", forgotten).execute();
}

/** Keys of one user are created one after the other, so that their number can be limited. */
const lockOwner = (transaction: Transaction<ApiKeyTables>, userId: string) =>
  transaction
    .insertInto("api_key_owners")
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.column("user_id").doUpdateSet({ user_id: userId }))
    .execute();

async function countKeys(transaction: Transaction<ApiKeyTables>, userId: string): Promise<number> {
  const { count } = await transaction
    .selectFrom("api_keys")
    .select((key) => key.fn.countAll<number>().as("count"))
    .where("user_id", "=", userId)
    .where("status", "<>", "deleted")
    .executeTakeFirstOrThrow();
  return count;
}

const insertSecret = (
  transaction: Transaction<ApiKeyTables>,
  keyId: string,
  secret: { hash: Uint8Array; createdAtMs: number },
) =>
  transaction
    .insertInto("api_key_secrets")
    .values({
      hash: toHex(secret.hash),
      key_id: keyId,
      created_at_ms: secret.createdAtMs,
      ends_at_ms: null,
    })
    .execute();

const isTombstone = (transaction: Transaction<ApiKeyTables>, reference: KeyReference) =>
  transaction
    .selectFrom("api_keys")
    .select("id")
    .where((key) => isReachable(key, reference))
    .executeTakeFirst();

const toHex = (hash: Uint8Array) => Buffer.from(hash).toString("hex");
