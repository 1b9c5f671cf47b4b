import { isIP } from "node:net";
import type { ModelRules, Permissions } from "../../gen/common/access/access_pb.ts";

export type Role = "owner" | "admin" | "member";

const ranks: Record<string, number> = { owner: 3, admin: 2, member: 1 };

/** Whether a role is at least another; an unknown role is below all. */
export const hasRole = (role: string, atLeast: Role): boolean =>
  (ranks[role] ?? 0) >= (ranks[atLeast] ?? Number.POSITIVE_INFINITY);

/** What a new member may do unless told otherwise: everything. */
export const unrestricted = {
  endpoints: ["*"],
  models: { allow: ["*"], deny: [] as string[] },
  ipRanges: [] as string[],
};

export const allowsEndpoint = (permissions: Permissions, endpoint: string): boolean =>
  permissions.endpoints.some((allowed) => allowed === "*" || allowed === endpoint);

export function allowsModel(rules: ModelRules | undefined, model: string): boolean {
  if (!rules) return false;
  const matches = (pattern: string) => matchesPattern(pattern, model);
  return rules.allow.some(matches) && !rules.deny.some(matches);
}

/** Whether a text is an address or a CIDR range that `createAddressMatcher` understands. */
export function isAddressRange(range: string): boolean {
  const [address = "", bits, ...rest] = range.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}

/**
 * What `inner` asks for beyond `outer`, as field names; empty when it lies within. Denied models
 * need no check: at use, both sides' denials hold.
 */
export function exceedingFields(inner: Permissions, outer: Permissions): string[] {
  const exceeding: string[] = [];
  if (!inner.endpoints.every((endpoint) => allowsEndpoint(outer, endpoint))) {
    exceeding.push("permissions.endpoints");
  }
  const outerModels = outer.models?.allow ?? [];
  const innerModels = inner.models?.allow ?? [];
  if (!innerModels.every((model) => outerModels.some((allowed) => covers(allowed, model)))) {
    exceeding.push("permissions.models.allow");
  }
  return exceeding;
}

/** Whether every name that `inner` matches is matched by `outer` too. */
const covers = (outer: string, inner: string) => matchesPattern(outer, inner);

/** Matches a literal name, or one with `*` for any run of characters, in linear time. */
function matchesPattern(pattern: string, name: string): boolean {
  if (pattern === "*" || pattern === name) return true;
  const [head = "", ...parts] = pattern.split("*");
  const tail = parts.pop();
  if (tail === undefined || !name.startsWith(head)) return false;
  let from = head.length;
  for (const part of parts) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return name.length - tail.length >= from && name.endsWith(tail);
}
