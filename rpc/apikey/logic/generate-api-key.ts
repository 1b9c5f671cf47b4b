import { randomUUIDv7 } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { displayParts, generateSecret, hashSecret } from "../../../common/api-key.ts";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import { PermissionsSchema } from "../../../gen/common/access/access_pb.ts";
import type {
  GenerateApiKeyRequest,
  GenerateApiKeyResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import type { StoredKey } from "../store/schema.ts";
import {
  checkDescription,
  checkExpiry,
  checkName,
  checkUserId,
  requireValid,
} from "./check-fields.ts";
import { checkPermissions, requireWithinOwner } from "./check-permissions.ts";
import { describeKey } from "./describe-key.ts";

/** Makes a key for a user. No event: nobody can have heard of a secret that is new. */
export async function generateApiKey(
  { config, now, pepper, store }: ApiKeyContext,
  request: GenerateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof GenerateApiKeyResponseSchema>> {
  const nowMs = now();
  const { userId, description, expiresAtMs } = request;
  const name = request.name.trim();
  requireValid([
    checkUserId(userId),
    checkName(name, config),
    checkDescription(description, config),
    expiresAtMs === undefined ? undefined : checkExpiry(expiresAtMs, nowMs),
    ...(request.permissions
      ? checkPermissions(request.permissions, request.ownerPermissions, config)
      : []),
  ]);
  const permissions = request.permissions ?? request.ownerPermissions ?? create(PermissionsSchema);
  requireWithinOwner(permissions, request.ownerPermissions);

  const secret = generateSecret();
  const key: StoredKey = {
    id: randomUUIDv7(),
    userId,
    name,
    description,
    status: "active",
    permissions,
    ...displayParts(secret),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: expiresAtMs ?? null,
    disabledBy: null,
  };
  const { keysPerUserMax } = config;
  if (!(await store.insertKey(key, hashSecret(pepper, secret), keysPerUserMax))) {
    throw new AppError(
      "resource.conflict",
      `A user may have at most ${keysPerUserMax} API keys. Delete one first.`,
    );
  }
  return { key: describeKey(key, nowMs), secret };
}
