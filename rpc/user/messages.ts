import type { MessageInitShape } from "@bufbuild/protobuf";
import type { InviteSchema, SessionSchema, UserSchema } from "../../gen/rpc/user/user_pb.ts";
import type { InviteRecord, SessionRecord, UserRecord } from "./stores.ts";

/** Records as callers may see them: without hashes. */

export const toUser = (user: UserRecord): MessageInitShape<typeof UserSchema> => ({
  id: user.id,
  username: user.username,
  email: user.email,
  role: user.role,
  status: user.status,
  permissions: {
    endpoints: user.permissions.endpoints,
    models: { allow: user.permissions.models.allow, deny: user.permissions.models.deny },
    ipRanges: user.permissions.ipRanges,
  },
  createdAtMs: user.createdAtMs,
  updatedAtMs: user.updatedAtMs,
});

export const toSession = (session: SessionRecord): MessageInitShape<typeof SessionSchema> => ({
  id: session.id,
  createdAtMs: session.createdAtMs,
  lastUsedAtMs: session.lastUsedAtMs,
  expiresAtMs: session.expiresAtMs,
  ip: session.ip,
  userAgent: session.userAgent,
});

export const toInvite = (invite: InviteRecord): MessageInitShape<typeof InviteSchema> => ({
  id: invite.id,
  email: invite.email,
  role: invite.role,
  createdAtMs: invite.createdAtMs,
  expiresAtMs: invite.expiresAtMs,
  createdBy: invite.createdBy,
  usedAtMs: invite.usedAtMs,
});
