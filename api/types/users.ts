import { z } from "@hono/zod-openapi";
import type { User as UserMessage } from "../../gen/rpc/user/user_pb.ts";
import { id, line, pageOf, pageQuery, timestamp, toTimestamp, wrongForm } from "./fields.ts";
import { Permissions, PermissionsChange, toPermissions } from "./permissions.ts";

export const username = line(64).min(1).openapi({ example: "ada" });
export const email = z
  .email({ error: wrongForm("must be an email address") })
  .max(254)
  .openapi({
    example: "ada@example.com",
  });
/** A new password; what is asked for at sign-in is only bounded, so that rules can change. */
export const newPassword = z.string().min(8).max(128).openapi({ format: "password" });
export const givenPassword = z.string().min(1).max(1024).openapi({ format: "password" });
export const role = z.enum(["owner", "admin", "member"]);
const status = z.enum(["active", "disabled"]);

export const User = z
  .object({
    id,
    username: z.string(),
    email: z.string(),
    role,
    status,
    permissions: Permissions,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi("User");
export type User = z.infer<typeof User>;

export const UserPage = pageOf("UserPage", User);
export type UserPage = z.infer<typeof UserPage>;

export const ListUsers = z.strictObject({
  ...pageQuery,
  status: status.optional(),
  search: line(256).optional().describe("Part of a username or an email address."),
});

export const UpdateProfile = z.strictObject({
  username: username.optional(),
  email: email.optional(),
});

export const ChangePassword = z.strictObject({
  current_password: givenPassword,
  new_password: newPassword,
});

export const UpdateUser = z.strictObject({
  id,
  role: role.optional(),
  permissions: PermissionsChange.optional(),
});

export const toUser = (user: UserMessage): User => ({
  id: user.id,
  username: user.username,
  email: user.email,
  role: role.parse(user.role),
  status: status.parse(user.status),
  permissions: toPermissions(user.permissions),
  created_at: toTimestamp(user.createdAtMs),
  updated_at: toTimestamp(user.updatedAtMs),
});
