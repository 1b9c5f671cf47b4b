import type { MessageInitShape } from "@bufbuild/protobuf";
import { changedPermissions } from "../../../common/access/changed-permissions.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { Permissions } from "../../../gen/common/access/access_pb.ts";
import type { ApiKeySchema, UpdateApiKeyRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyConfig } from "../config.ts";
import type { ApiKeyContext } from "../context.ts";
import type { StoredKey } from "../store/schema.ts";
import { keyNotFound, referenceOf } from "./actor-reach.ts";
import { announceChange } from "./announce-change.ts";
import { checkDescription, checkExpiry, checkName, requireValid } from "./check-fields.ts";
import { checkPermissions, requireWithinOwner } from "./check-permissions.ts";
import { describeKey, statusOf } from "./describe-key.ts";

/** An expiry of 0 in a request: the key shall have none. */
const noExpiry = 0;

/** Changes what the request names, and nothing else. */
export async function updateApiKey(
  context: ApiKeyContext,
  request: UpdateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  const { config, now, store } = context;
  const nowMs = now();
  const { description, expiresAtMs } = request;
  const name = request.name?.trim();
  requireValid([
    name === undefined ? undefined : checkName(name, config),
    description === undefined ? undefined : checkDescription(description, config),
    expiresAtMs === undefined || expiresAtMs === noExpiry
      ? undefined
      : checkExpiry(expiresAtMs, nowMs),
  ]);
  const key = await store.updateKey(referenceOf(request), (before) => ({
    name,
    description,
    expiresAtMs: expiresAtMs === noExpiry ? null : expiresAtMs,
    permissions: permissionsAfter(before, request, config),
    updatedAtMs: nowMs,
  }));
  if (!key) throw keyNotFound();
  await announceChange(context, key.id, statusOf(key, nowMs));
  return describeKey(key, nowMs);
}

/** Undefined when they stay; throws when the key cannot have what they would be. */
function permissionsAfter(
  { permissions: before }: StoredKey,
  { permissions: change, ownerPermissions }: UpdateApiKeyRequest,
  config: ApiKeyConfig,
): Permissions | undefined {
  if (!change) return undefined;
  const permissions = changedPermissions(before, change);
  requireValid(checkPermissions(permissions, ownerPermissions, config));
  requireWithinOwner(permissions, ownerPermissions);
  return permissions;
}
