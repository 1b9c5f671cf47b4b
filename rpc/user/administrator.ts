import { hasRole, type Role } from "../../common/access/access.ts";
import { AppError } from "../../common/errors.ts";
import type { Actor } from "../../gen/common/access/access_pb.ts";
import type { UserContext } from "./context.ts";
import type { UserRecord } from "./stores.ts";

/**
 * The actor as the store has it now, if it may administer. What the request says about its role is
 * not believed: it may have changed since the caller learnt it.
 */
export async function requireAdministrator(
  { stores }: UserContext,
  actor: Actor | undefined,
): Promise<UserRecord> {
  const user = await stores.users.find(actor?.userId ?? "");
  if (!user) throw new AppError("auth.required", "Sign in first.");
  mayAdminister(user);
  return user;
}

/** Throws unless the user is an active administrator. */
export function mayAdminister(actor: UserRecord): void {
  if (actor.status !== "active" || !hasRole(actor.role, "admin")) {
    throw new AppError("auth.forbidden", "Only an administrator may do this.");
  }
}

/** Throws unless the actor's role is at least the other: nobody rules over those above. */
export function mayRule(actor: UserRecord, role: Role): void {
  if (!hasRole(actor.role, role)) {
    throw new AppError("auth.forbidden", `Only an ${role} may do this.`);
  }
}
