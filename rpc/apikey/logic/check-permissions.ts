import { isDeepStrictEqual } from "node:util";
import { create } from "@bufbuild/protobuf";
import { exceedingFields, isAddressRange } from "../../../common/access/access.ts";
import { AppError, type ErrorDetail } from "../../../common/errors.ts";
import { type Permissions, PermissionsSchema } from "../../../gen/common/access/access_pb.ts";
import type { ApiKeyConfig } from "../config.ts";
import type { Findings } from "./check-fields.ts";

/**
 * A list that is the owner's own is taken as it is, since whoever names none gets it: what an
 * administrator may give to a user must not keep the user from making keys.
 */
export function checkPermissions(
  { endpoints, models, ipRanges }: Permissions,
  owner: Permissions | undefined,
  config: ApiKeyConfig,
): Findings {
  const { endpointsMax, modelPatternsMax, ipRangesMax } = config;
  const charactersMax = config.permissionCharactersMax;
  const entries = (field: string, lengthMax: number, list: string[] = [], own?: string[]) =>
    isDeepStrictEqual(list, own)
      ? undefined
      : checkEntries({ field, list, lengthMax, charactersMax });
  const { allow, deny } = owner?.models ?? {};
  return [
    entries("permissions.endpoints", endpointsMax, endpoints, owner?.endpoints),
    entries("permissions.models.allow", modelPatternsMax, models?.allow, allow),
    entries("permissions.models.deny", modelPatternsMax, models?.deny, deny),
    entries("permissions.ip_ranges", ipRangesMax, ipRanges, owner?.ipRanges) ??
      checkRanges(ipRanges),
  ];
}

/**
 * Throws `permissions.exceed_owner` when a key would be allowed what its owner is not. Address
 * ranges are not compared: at use, the gateway asks for an address that both sides allow. An owner
 * of whom nothing is said may do nothing.
 */
export function requireWithinOwner(
  permissions: Permissions,
  owner: Permissions = create(PermissionsSchema),
): void {
  const exceeding = exceedingFields(permissions, owner);
  if (exceeding.length === 0) return;
  throw new AppError(
    "permissions.exceed_owner",
    "A key cannot be allowed more than the user that it belongs to.",
    { details: exceeding.map((field) => ({ field, message: "goes beyond the owner's" })) },
  );
}

interface EntryLimits {
  readonly field: string;
  readonly list: readonly string[];
  readonly lengthMax: number;
  readonly charactersMax: number;
}

function checkEntries({ field, list, lengthMax, charactersMax }: EntryLimits) {
  if (list.length > lengthMax) return { field, message: `expected at most ${lengthMax} entries` };
  if (list.some((entry) => entry === "" || entry.length > charactersMax)) {
    return { field, message: `expected entries of 1 to ${charactersMax} characters` };
  }
  if (list.some((entry) => /\s|\p{C}/u.test(entry))) {
    return { field, message: "expected entries without spaces and control characters" };
  }
  return undefined;
}

function checkRanges(ranges: readonly string[]): ErrorDetail | undefined {
  const wrong = ranges.find((range) => !isAddressRange(range));
  if (wrong === undefined) return undefined;
  return { field: "permissions.ip_ranges", message: `${wrong} is no address and no CIDR range` };
}
