import { isAddressRange, type Role } from "../../common/access/access.ts";
import { AppError, type ErrorDetail } from "../../common/errors.ts";
import type { Permissions } from "../../gen/common/access/access_pb.ts";
import type { PermissionsRecord, Status } from "./stores.ts";

const passwordCharactersMin = 8;
const passwordCharactersMax = 128;
const emailCharactersMax = 254;
const permissionEntriesMax = 200;
const permissionEntryCharactersMax = 200;

const usernamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{1,30}[A-Za-z0-9]$/;
/** One `@`, a local part without spaces or separators, and a host name with a dot. */
const emailPattern =
  /^[^\s@"<>(),:;\\[\]\p{C}]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/iu;

type Problem = ErrorDetail | undefined;

/** Throws `request.invalid` that names every field that is wrong. */
export function checkFields(...problems: Problem[]): void {
  const details = problems.filter((problem) => problem !== undefined);
  if (details.length === 0) return;
  const [first] = details;
  throw new AppError("request.invalid", first?.message ?? "The request is not valid.", { details });
}

export const usernameProblem = (username: string): Problem =>
  usernamePattern.test(username)
    ? undefined
    : {
        field: "username",
        message:
          "A username has 3 to 32 letters, digits, dots, hyphens or underscores, and begins and ends with a letter or digit.",
      };

export const emailProblem = (email: string): Problem =>
  email.length <= emailCharactersMax && emailPattern.test(email)
    ? undefined
    : { field: "email", message: "This is not an email address." };

export const passwordProblem = (password: string, field = "password"): Problem =>
  isPossiblePassword(password)
    ? undefined
    : {
        field,
        message: `A password has ${passwordCharactersMin} to ${passwordCharactersMax} characters.`,
      };

/** Whether a password has a length that an account's password can have. */
export function isPossiblePassword(password: string): boolean {
  // No character has more than two code units; what is longer needs no counting.
  if (password.length > passwordCharactersMax * 2) return false;
  const characters = Array.from(password.normalize("NFKC")).length;
  return characters >= passwordCharactersMin && characters <= passwordCharactersMax;
}

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Throws `resource.not_found` for what cannot be the id of anything. */
export function checkId(id: string): void {
  if (!idPattern.test(id)) throw new AppError("resource.not_found", "There is no such thing.");
}

/** Control characters are in no name of ours, and PostgreSQL refuses one of them. */
export const hasControlCharacters = (text: string): boolean => /\p{Cc}/u.test(text);

/** The form in which usernames and addresses are compared: `Ann` and `ann` are one. */
export const keyOf = (name: string): string => name.normalize("NFKC").toLowerCase();

export const normalizeEmail = (email: string): string => email.trim().normalize("NFKC");

export function parseRole(role: string): Role {
  if (role === "owner" || role === "admin" || role === "member") return role;
  const message = "A role is owner, admin or member.";
  throw new AppError("request.invalid", message, { details: [{ field: "role", message }] });
}

export function parseStatus(status: string): Status {
  if (status === "active" || status === "disabled") return status;
  const message = "A status is active or disabled.";
  throw new AppError("request.invalid", message, { details: [{ field: "status", message }] });
}

export function parsePermissions(permissions: Permissions): PermissionsRecord {
  const { endpoints, ipRanges } = permissions;
  const { allow = [], deny = [] } = permissions.models ?? {};
  checkFields(
    entriesProblem("permissions.endpoints", endpoints),
    entriesProblem("permissions.models.allow", allow),
    entriesProblem("permissions.models.deny", deny),
    entriesProblem("permissions.ip_ranges", ipRanges),
    ipRanges.every(isAddressRange)
      ? undefined
      : { field: "permissions.ip_ranges", message: "Give addresses or CIDR ranges." },
  );
  return { endpoints, models: { allow, deny }, ipRanges };
}

function entriesProblem(field: string, entries: readonly string[]): Problem {
  const fits = (entry: string) => entry !== "" && entry.length <= permissionEntryCharactersMax;
  if (entries.length <= permissionEntriesMax && entries.every(fits)) return undefined;
  return {
    field,
    message: `At most ${permissionEntriesMax} entries of 1 to ${permissionEntryCharactersMax} characters.`,
  };
}
