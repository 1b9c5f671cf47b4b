import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { FromCaller } from "../types/caller.ts";
import { type byId, toPage } from "../types/fields.ts";
import {
  type CreateInvite,
  type InvitePage,
  type IssuedInvite,
  type ListInvites,
  toInvite,
} from "../types/invites.ts";
import { required } from "../types/required.ts";

export async function createInvite(
  context: GatewayContext,
  input: FromCaller<typeof CreateInvite>,
  call: Call,
): Promise<IssuedInvite> {
  const { invite, code } = await context.services.user.createInvite(
    {
      actor: input.caller.actor,
      email: input.email ?? "",
      role: input.role,
      expiresInSeconds: input.expires_in_seconds ?? 0,
    },
    call,
  );
  return { ...toInvite(required(invite, "the new invite")), code };
}

export async function listInvites(
  context: GatewayContext,
  input: FromCaller<typeof ListInvites>,
  call: Call,
): Promise<InvitePage> {
  const { invites, total } = await context.services.user.listInvites(
    { actor: input.caller.actor, page: toPage(input) },
    call,
  );
  return { items: invites.map(toInvite), total, page: input.page, page_size: input.page_size };
}

export async function deleteInvite(
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<null> {
  await context.services.user.deleteInvite({ actor: caller.actor, id }, call);
  return null;
}
