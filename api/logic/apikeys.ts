import { changedPermissions } from "../../common/access/changed-permissions.ts";
import type { Call } from "../../common/rpc/call.ts";
import type {
  Permissions,
  PermissionsChange as PermissionsChangeMessage,
} from "../../gen/common/access/access_pb.ts";
import type { GatewayContext } from "../context.ts";
import {
  type ApiKey,
  type ApiKeyPage,
  type CreateApiKey,
  type IssuedApiKey,
  type ListApiKeys,
  type RotateApiKey,
  toApiKey,
  toIssuedApiKey,
  type UpdateApiKey,
} from "../types/apikeys.ts";
import type { Caller, FromCaller } from "../types/caller.ts";
import { type byId, toMs, toPage } from "../types/fields.ts";
import { fromPermissionsChange, type PermissionsChange } from "../types/permissions.ts";
import { required } from "../types/required.ts";

export async function createApiKey(
  context: GatewayContext,
  { caller, ...input }: FromCaller<typeof CreateApiKey>,
  call: Call,
): Promise<IssuedApiKey> {
  const ownerPermissions = required(caller.user.permissions, "the user's permissions");
  const issued = await context.services.apikey.generateApiKey(
    {
      userId: caller.user.id,
      name: input.name,
      description: input.description ?? "",
      ...(input.expires_at && { expiresAtMs: toMs(input.expires_at) }),
      permissions: changedPermissions(
        ownerPermissions,
        fromPermissionsChange(input.permissions ?? {}),
      ),
      ownerPermissions,
    },
    call,
  );
  return toIssuedApiKey(issued);
}

export async function listApiKeys(
  context: GatewayContext,
  input: FromCaller<typeof ListApiKeys>,
  call: Call,
): Promise<ApiKeyPage> {
  const { keys, total } = await context.services.apikey.listApiKeys(
    {
      actor: input.caller.actor,
      page: toPage(input),
      status: input.status ?? "",
      name: input.name ?? "",
      userId: input.all === "true" ? "" : (input.user_id ?? input.caller.user.id),
    },
    call,
  );
  return { items: keys.map(toApiKey), total, page: input.page, page_size: input.page_size };
}

export const getApiKey = async (
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<ApiKey> =>
  toApiKey(await context.services.apikey.getApiKey({ actor: caller.actor, id }, call));

export async function updateApiKey(
  context: GatewayContext,
  { caller, id, permissions, ...input }: FromCaller<typeof UpdateApiKey>,
  call: Call,
): Promise<ApiKey> {
  const request = {
    actor: caller.actor,
    id,
    ...(input.name !== undefined && { name: input.name }),
    ...(input.description !== undefined && { description: input.description ?? "" }),
    ...(input.expires_at !== undefined && { expiresAtMs: toMsOrNever(input.expires_at) }),
    ...(permissions && (await boundedChange(context, { caller, id, permissions }, call))),
  };
  return toApiKey(await context.services.apikey.updateApiKey(request, call));
}

export const enableApiKey = (
  context: GatewayContext,
  input: FromCaller<typeof byId>,
  call: Call,
): Promise<ApiKey> => setStatus(context, { ...input, status: "active" }, call);

export const disableApiKey = (
  context: GatewayContext,
  input: FromCaller<typeof byId>,
  call: Call,
): Promise<ApiKey> => setStatus(context, { ...input, status: "disabled" }, call);

export async function rotateApiKey(
  context: GatewayContext,
  { caller, id, grace_seconds }: FromCaller<typeof RotateApiKey>,
  call: Call,
): Promise<IssuedApiKey> {
  const issued = await context.services.apikey.rotateApiKey(
    { actor: caller.actor, id, graceSeconds: grace_seconds },
    call,
  );
  return toIssuedApiKey(issued);
}

export async function deleteApiKey(
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<null> {
  await context.services.apikey.deleteApiKey({ actor: caller.actor, id }, call);
  return null;
}

interface KeyChange {
  readonly caller: Caller;
  readonly id: string;
  readonly permissions: PermissionsChange;
}

/** A key is bounded by its owner, who need not be the one who changes it. */
async function boundedChange(
  context: GatewayContext,
  { caller, id, permissions }: KeyChange,
  call: Call,
): Promise<{ permissions: PermissionsChangeMessage; ownerPermissions: Permissions }> {
  const { apikey, user } = context.services;
  const key = await apikey.getApiKey({ actor: caller.actor, id }, call);
  const owner =
    key.userId === caller.user.id ? caller.user : await user.getUser({ id: key.userId }, call);
  return {
    permissions: fromPermissionsChange(permissions),
    ownerPermissions: required(owner.permissions, "the owner's permissions"),
  };
}

const setStatus = async (
  context: GatewayContext,
  { caller, id, status }: FromCaller<typeof byId> & { status: "active" | "disabled" },
  call: Call,
): Promise<ApiKey> =>
  toApiKey(
    await context.services.apikey.setApiKeyStatus({ actor: caller.actor, id, status }, call),
  );

/** The service takes 0 for "no longer expires"; 1970 itself is as past as the moment before it. */
const toMsOrNever = (time: string | null): number => (time === null ? 0 : toMs(time) || -1);
