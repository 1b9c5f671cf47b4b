import type { MessageInitShape } from "@bufbuild/protobuf";
import { displayParts, generateSecret, hashSecret } from "../../../common/api-key.ts";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  GenerateApiKeyResponseSchema,
  RotateApiKeyRequest,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import { keyNotFound, referenceOf } from "./actor-reach.ts";
import { announceChange } from "./announce-change.ts";
import { invalidField } from "./check-fields.ts";
import { describeKey, statusOf } from "./describe-key.ts";

/**
 * Gives a key a new secret, which only the key's own user may learn; the one before goes on working
 * for the grace. Rotating again ends that grace at once, so a secret that has leaked is gone for
 * certain after a rotation without grace.
 */
export async function rotateApiKey(
  context: ApiKeyContext,
  request: RotateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof GenerateApiKeyResponseSchema>> {
  const { config, now, pepper, store } = context;
  const { graceSeconds } = request;
  if (graceSeconds > config.rotationGraceSecondsMax) {
    throw invalidField("grace_seconds", `expected at most ${config.rotationGraceSecondsMax}`);
  }
  const reference = referenceOf(request);
  const found = await store.findKey(reference);
  if (!found) throw keyNotFound();
  if (found.userId !== request.actor?.userId) throw notTheirs();
  const nowMs = now();
  const secret = generateSecret();
  const key = await store.rotateKey(reference, {
    secret: { hash: hashSecret(pepper, secret), ...displayParts(secret) },
    nowMs,
    graceMs: graceSeconds * 1_000,
    retiredMax: config.retiredSecretsPerKeyMax,
  });
  if (!key) throw keyNotFound();
  await announceChange(context, key.id, statusOf(key, nowMs));
  return { key: describeKey(key, nowMs), secret };
}

/** Whoever learnt the secret could spend in somebody else's name. */
const notTheirs = () =>
  new AppError(
    "auth.forbidden",
    "Only the user of an API key can rotate it; to cut it off, disable or delete it.",
  );
