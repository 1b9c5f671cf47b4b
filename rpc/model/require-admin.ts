import { hasRole } from "../../common/access/access.ts";
import { AppError } from "../../common/errors.ts";
import type { Actor } from "../../gen/common/access/access_pb.ts";

/** Throws `auth.forbidden` unless an owner or an admin asks. */
export function requireAdmin(actor: Actor | undefined): void {
  if (!hasRole(actor?.role ?? "", "admin")) {
    throw new AppError("auth.forbidden", "Only an owner or an admin may do this.");
  }
}
