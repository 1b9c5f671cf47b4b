import { create } from "@bufbuild/protobuf";
import {
  type Permissions,
  type PermissionsChange,
  PermissionsSchema,
} from "../../gen/common/access/access_pb.ts";

/** The part of a `Permissions` message that is looked at, which a stored record may have as well. */
interface Before {
  readonly endpoints: string[];
  readonly models?: { readonly allow: string[]; readonly deny: string[] } | undefined;
  readonly ipRanges: string[];
}

/** The permissions after a change. */
export const changedPermissions = (before: Before, change: PermissionsChange): Permissions =>
  create(PermissionsSchema, {
    endpoints: change.endpoints?.values ?? before.endpoints,
    models: {
      allow: change.allowedModels?.values ?? before.models?.allow ?? [],
      deny: change.deniedModels?.values ?? before.models?.deny ?? [],
    },
    ipRanges: change.ipRanges?.values ?? before.ipRanges,
  });
