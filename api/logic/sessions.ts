import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { Caller, FromCaller } from "../types/caller.ts";
import type { byId } from "../types/fields.ts";
import { type SessionList, toSession } from "../types/sessions.ts";

export async function listSessions(
  context: GatewayContext,
  { caller }: { caller: Caller },
  call: Call,
): Promise<SessionList> {
  const { sessions } = await context.services.user.listSessions({ userId: caller.user.id }, call);
  const items = sessions.map((session) => toSession(session, caller.sessionId));
  return { items, total: items.length };
}

export async function revokeSession(
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<null> {
  await context.services.user.revokeSession({ userId: caller.user.id, sessionId: id }, call);
  return null;
}
