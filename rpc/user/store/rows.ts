import type { Role } from "../../../common/access/access.ts";
import { keyOf } from "../fields.ts";
import type { InviteRecord, SessionRecord, Status, UserRecord } from "../stores.ts";
import type { InviteRow, SessionRow, UserRow } from "./schema.ts";

export const userToRow = (user: UserRecord): UserRow => ({
  id: user.id,
  username: user.username,
  username_key: keyOf(user.username),
  email: user.email,
  email_key: keyOf(user.email),
  password_hash: user.passwordHash,
  role: user.role,
  status: user.status,
  permissions: JSON.stringify(user.permissions),
  created_at_ms: user.createdAtMs,
  updated_at_ms: user.updatedAtMs,
});

export const userFromRow = (row: UserRow): UserRecord => ({
  id: row.id,
  username: row.username,
  email: row.email,
  passwordHash: row.password_hash,
  role: roleOf(row.role),
  status: statusOf(row.status),
  permissions: JSON.parse(row.permissions),
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
});

export const sessionToRow = (session: SessionRecord): SessionRow => ({
  id: session.id,
  user_id: session.userId,
  refresh_hash: session.refreshHash,
  spent: JSON.stringify(session.spent),
  created_at_ms: session.createdAtMs,
  last_used_at_ms: session.lastUsedAtMs,
  expires_at_ms: session.expiresAtMs,
  ip: session.ip,
  user_agent: session.userAgent,
});

export const sessionFromRow = (row: SessionRow): SessionRecord => ({
  id: row.id,
  userId: row.user_id,
  refreshHash: row.refresh_hash,
  spent: JSON.parse(row.spent),
  createdAtMs: row.created_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
  expiresAtMs: row.expires_at_ms,
  ip: row.ip,
  userAgent: row.user_agent,
});

export const inviteToRow = (invite: InviteRecord): InviteRow => ({
  id: invite.id,
  code_hash: invite.codeHash,
  email: invite.email,
  email_key: keyOf(invite.email),
  role: invite.role,
  created_at_ms: invite.createdAtMs,
  expires_at_ms: invite.expiresAtMs,
  created_by: invite.createdBy,
  used_at_ms: invite.usedAtMs,
});

export const inviteFromRow = (row: InviteRow): InviteRecord => ({
  id: row.id,
  codeHash: row.code_hash,
  email: row.email,
  role: roleOf(row.role),
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  createdBy: row.created_by,
  usedAtMs: row.used_at_ms,
});

/** What a newer version may have written and this one does not know is trusted with least. */
const roleOf = (role: string): Role => (role === "owner" || role === "admin" ? role : "member");
const statusOf = (status: string): Status => (status === "active" ? status : "disabled");
