import type { Permissions } from "../../../gen/common/access/access_pb.ts";

/** The tables. Times are milliseconds since the epoch; JSON is text. */
export interface ApiKeyTables {
  api_keys: ApiKeyRow;
  api_key_secrets: SecretRow;
  api_key_owners: OwnerRow;
}

export interface ApiKeyRow {
  id: string;
  user_id: string;
  name: string;
  description: string;
  /** A deleted key stays as a tombstone without a hash: records of its use still refer to it. */
  status: "active" | "disabled" | "deleted";
  permissions: string;
  prefix: string;
  last_four: string;
  created_at_ms: number;
  updated_at_ms: number;
  expires_at_ms: number | null;
  /** Means nothing unless the key is disabled; null where that was not recorded. */
  disabled_by: Disabler | null;
}

/** Who disabled a key: the user whose it is, or somebody who may reach every key. */
export type Disabler = "user" | "administrator";

/**
 * One row for each secret that a key has or had. They lie apart from the keys so that a rotated
 * secret can go on working beside its successor.
 */
interface SecretRow {
  /** HMAC-SHA-256 of the secret, as hexadecimal digits. */
  hash: string;
  key_id: string;
  created_at_ms: number;
  /**
   * When it stops working: null for a key's current secret, of which there is exactly one, and 0
   * for one that was ended by a rotation.
   */
  ends_at_ms: number | null;
}

/** Exists to be locked: whoever creates a key for a user holds that user's row. */
interface OwnerRow {
  user_id: string;
}

/** A key that is not deleted, as the logic sees it. */
export interface StoredKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly description: string;
  readonly status: "active" | "disabled";
  readonly permissions: Permissions;
  readonly prefix: string;
  readonly lastFour: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Null: never. */
  readonly expiresAtMs: number | null;
  /** Null for a key that is not disabled, or was before this was recorded. */
  readonly disabledBy: Disabler | null;
}

/** Whose keys an actor may reach. */
export type Reach = "every" | { readonly userId: string };

/** A key's id together with who asks for it: what is out of reach is not found. */
export interface KeyReference {
  readonly id: string;
  readonly reach: Reach;
}

/** What is kept of a secret. */
export interface HashedSecret {
  readonly hash: Uint8Array;
  readonly prefix: string;
  readonly lastFour: string;
}

/** What a person sees: a stored "active" or "disabled" turns into "expired" with time. */
export type ShownStatus = "active" | "disabled" | "expired";
