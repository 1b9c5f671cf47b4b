import { hasRole } from "../../../common/access/access.ts";
import { AppError } from "../../../common/errors.ts";
import type { Actor } from "../../../gen/common/access/access_pb.ts";
import type { KeyReference, Reach } from "../store/schema.ts";
import { isId } from "./check-fields.ts";

/** Owners and admins reach every key, anyone else their own; no actor reaches none. */
export function reachOf(actor: Actor | undefined): Reach {
  if (hasRole(actor?.role ?? "", "admin")) return "every";
  return { userId: actor?.userId ?? "" };
}

/** What a request refers to. Throws `resource.not_found` for what cannot be an id. */
export function referenceOf(request: { id: string; actor?: Actor | undefined }): KeyReference {
  if (!isId(request.id)) throw keyNotFound();
  return { id: request.id, reach: reachOf(request.actor) };
}

/** The same whether a key does not exist, is deleted, or belongs to somebody else. */
export const keyNotFound = () => new AppError("resource.not_found", "There is no such API key.");
