import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ValidateApiKeyRequest,
  ValidateApiKeyResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import { invalidField } from "./check-fields.ts";
import { describeKey, statusOf } from "./describe-key.ts";

const hashByteCount = 32;

/** A secret works before `validUntilMs`, and no longer from that moment on. */
export async function validateApiKey(
  { now, store }: ApiKeyContext,
  request: ValidateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ValidateApiKeyResponseSchema>> {
  if (request.secretHash.length !== hashByteCount) {
    throw invalidField("secret_hash", `expected ${hashByteCount} bytes`);
  }
  const found = await store.findSecret(request.secretHash);
  if (!found) return { verdict: "unknown" };
  const nowMs = now();
  const key = describeKey(found.key, nowMs);
  const secretEndsAtMs = found.endsAtMs ?? Number.POSITIVE_INFINITY;
  if (secretEndsAtMs <= nowMs) return { verdict: "rotated", key };
  const status = statusOf(found.key, nowMs);
  if (status !== "active") return { verdict: status, key };
  const validUntilMs = Math.min(secretEndsAtMs, found.key.expiresAtMs ?? Number.POSITIVE_INFINITY);
  return { verdict: "ok", key, ...(Number.isFinite(validUntilMs) ? { validUntilMs } : {}) };
}
