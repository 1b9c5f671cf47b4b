import { fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { type Permissions, PermissionsSchema } from "../../../gen/common/access/access_pb.ts";
import type { ApiKeyRow, StoredKey } from "./schema.ts";

export const toRow = (key: StoredKey): ApiKeyRow => ({
  id: key.id,
  user_id: key.userId,
  name: key.name,
  description: key.description,
  status: key.status,
  permissions: toText(key.permissions),
  prefix: key.prefix,
  last_four: key.lastFour,
  created_at_ms: key.createdAtMs,
  updated_at_ms: key.updatedAtMs,
  expires_at_ms: key.expiresAtMs,
  disabled_by: key.disabledBy,
});

export const toStoredKey = (row: ApiKeyRow): StoredKey => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  description: row.description,
  status: row.status === "active" ? "active" : "disabled",
  permissions: fromJsonString(PermissionsSchema, row.permissions, { ignoreUnknownFields: true }),
  prefix: row.prefix,
  lastFour: row.last_four,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  expiresAtMs: row.expires_at_ms,
  disabledBy: row.status === "disabled" ? row.disabled_by : null,
});

/** The fields of a key that a person may change; what is undefined stays. */
export interface KeyChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly permissions?: Permissions | undefined;
  readonly expiresAtMs?: number | null | undefined;
  readonly updatedAtMs: number;
}

/** Kysely leaves out columns that are undefined. */
export const toColumns = (change: KeyChange) => ({
  name: change.name,
  description: change.description,
  permissions: change.permissions && toText(change.permissions),
  expires_at_ms: change.expiresAtMs,
  updated_at_ms: change.updatedAtMs,
});

const toText = (permissions: Permissions) => toJsonString(PermissionsSchema, permissions);
