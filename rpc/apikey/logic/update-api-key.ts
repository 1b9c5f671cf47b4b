import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, UpdateApiKeyRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
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
  const { description, expiresAtMs, permissions } = request;
  const name = request.name?.trim();
  requireValid([
    name === undefined ? undefined : checkName(name, config),
    description === undefined ? undefined : checkDescription(description, config),
    expiresAtMs === undefined || expiresAtMs === noExpiry
      ? undefined
      : checkExpiry(expiresAtMs, nowMs),
    ...(permissions ? checkPermissions(permissions, request.ownerPermissions, config) : []),
  ]);
  if (permissions) requireWithinOwner(permissions, request.ownerPermissions);

  const key = await store.updateKey(referenceOf(request), {
    name,
    description,
    expiresAtMs: expiresAtMs === noExpiry ? null : expiresAtMs,
    permissions,
    updatedAtMs: nowMs,
  });
  if (!key) throw keyNotFound();
  await announceChange(context, key.id, statusOf(key, nowMs));
  return describeKey(key, nowMs);
}
