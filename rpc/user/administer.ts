import { AppError } from "../../common/errors.ts";
import type { Actor } from "../../gen/common/access/access_pb.ts";
import { mayAdminister, mayRule } from "./administrator.ts";
import type { UserContext } from "./context.ts";
import { checkId } from "./fields.ts";
import type { AccessChange, UserRecord } from "./stores.ts";

/** Actor and target as they stand, while nobody else changes who may do what. */
export interface Situation {
  readonly actor: UserRecord;
  readonly target: UserRecord;
  readonly activeOwners: number;
}

export interface Parties {
  readonly actor: Actor | undefined;
  readonly targetId: string;
}

/**
 * Changes what a user may do, if the actor may. Everybody who watches users is told before this
 * resolves, also when nothing changed: the caller may be repeating what was stored but not told.
 */
export async function administer(
  { stores, events, now, log }: UserContext,
  { actor, targetId }: Parties,
  decide: (situation: Situation) => AccessChange,
): Promise<UserRecord> {
  const actorId = actor?.userId ?? "";
  const parties = { actorId, targetId, nowMs: now() };
  const user = await stores.users.administer(parties, (administration) => {
    mayAdminister(administration.actor);
    checkId(targetId);
    const { target } = administration;
    if (!target) throw new AppError("resource.not_found", "There is no such user.");
    mayRule(administration.actor, target.role);
    return decide({ ...administration, target });
  });
  await events.publish("user", { id: user.id, value: user.status });
  const { role, status } = user;
  log.info({ actorId, userId: user.id, role, status }, "user administered");
  return user;
}

/** Throws when the target is the only active owner. */
export function keepAnOwner({ target, activeOwners }: Situation): void {
  const isActiveOwner = target.role === "owner" && target.status === "active";
  if (isActiveOwner && activeOwners === 1) {
    throw new AppError("user.last_owner", "The last active owner stays what it is.");
  }
}
