import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { Caller, FromCaller } from "../types/caller.ts";
import { type byId, toPage } from "../types/fields.ts";
import { fromPermissionsChange } from "../types/permissions.ts";
import {
  type ChangePassword,
  type ListUsers,
  toUser,
  type UpdateProfile,
  type UpdateUser,
  type User,
  type UserPage,
} from "../types/users.ts";

/** The caller was looked up to let them in, so this needs no further call. */
export const getProfile = async (
  _context: GatewayContext,
  { caller }: { caller: Caller },
): Promise<User> => toUser(caller.user);

export async function updateProfile(
  context: GatewayContext,
  { caller, username, email }: FromCaller<typeof UpdateProfile>,
  call: Call,
): Promise<User> {
  const request = {
    userId: caller.user.id,
    ...(username !== undefined && { username }),
    ...(email !== undefined && { email }),
  };
  return toUser(await context.services.user.updateProfile(request, call));
}

export async function changePassword(
  context: GatewayContext,
  input: FromCaller<typeof ChangePassword>,
  call: Call,
): Promise<null> {
  await context.services.user.changePassword(
    {
      userId: input.caller.user.id,
      sessionId: input.caller.sessionId,
      currentPassword: input.current_password,
      newPassword: input.new_password,
    },
    call,
  );
  return null;
}

export async function listUsers(
  context: GatewayContext,
  input: FromCaller<typeof ListUsers>,
  call: Call,
): Promise<UserPage> {
  const { users, total } = await context.services.user.listUsers(
    {
      actor: input.caller.actor,
      page: toPage(input),
      status: input.status ?? "",
      search: input.search ?? "",
    },
    call,
  );
  return { items: users.map(toUser), total, page: input.page, page_size: input.page_size };
}

export const getUser = async (
  context: GatewayContext,
  { id }: FromCaller<typeof byId>,
  call: Call,
): Promise<User> => toUser(await context.services.user.getUser({ id }, call));

export async function updateUser(
  context: GatewayContext,
  { caller, id, role, permissions }: FromCaller<typeof UpdateUser>,
  call: Call,
): Promise<User> {
  const request = {
    actor: caller.actor,
    id,
    ...(role !== undefined && { role }),
    ...(permissions && { permissions: fromPermissionsChange(permissions) }),
  };
  return toUser(await context.services.user.setUserAccess(request, call));
}

export const enableUser = async (
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<User> =>
  toUser(
    await context.services.user.setUserStatus({ actor: caller.actor, id, status: "active" }, call),
  );

export const disableUser = async (
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<User> =>
  toUser(
    await context.services.user.setUserStatus(
      { actor: caller.actor, id, status: "disabled" },
      call,
    ),
  );
