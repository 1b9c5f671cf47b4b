import { z } from "@hono/zod-openapi";
import type { Invite as InviteMessage } from "../../gen/rpc/user/user_pb.ts";
import {
  id,
  orNull,
  pageOf,
  pageQuery,
  timestamp,
  toTimestamp,
  toTimestampOrNull,
} from "./fields.ts";
import { email, role } from "./users.ts";

const lifeSecondsMax = 365 * 24 * 3600;

export const Invite = z
  .object({
    id,
    email: z.string().nullable().describe("The one address it is for; null for any."),
    role,
    created_by: id,
    created_at: timestamp,
    expires_at: timestamp,
    used_at: timestamp.nullable(),
  })
  .openapi("Invite");
export type Invite = z.infer<typeof Invite>;

export const IssuedInvite = Invite.extend({
  code: z.string().describe("The `invite_code` to register with. Shown this once."),
}).openapi("IssuedInvite");
export type IssuedInvite = z.infer<typeof IssuedInvite>;

export const InvitePage = pageOf("InvitePage", Invite);
export type InvitePage = z.infer<typeof InvitePage>;

export const CreateInvite = z.strictObject({
  email: email.nullish(),
  role: role.default("member"),
  expires_in_seconds: z.int().min(60).max(lifeSecondsMax).optional(),
});

export const ListInvites = z.strictObject(pageQuery);

export const toInvite = (invite: InviteMessage): Invite => ({
  id: invite.id,
  email: orNull(invite.email),
  role: role.parse(invite.role),
  created_by: invite.createdBy,
  created_at: toTimestamp(invite.createdAtMs),
  expires_at: toTimestamp(invite.expiresAtMs),
  used_at: toTimestampOrNull(invite.usedAtMs),
});
