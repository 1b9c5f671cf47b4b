import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, SetApiKeyStatusRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import type { KeyReference } from "../store/schema.ts";
import { keyNotFound, referenceOf } from "./actor-reach.ts";
import { announceChange } from "./announce-change.ts";
import { invalidField } from "./check-fields.ts";
import { describeKey, statusOf } from "./describe-key.ts";

/**
 * Setting the status that a key has already is no mistake, and is announced as well.
 *
 * Throws `auth.forbidden` to a member who enables what an administrator disabled.
 */
export async function setApiKeyStatus(
  context: ApiKeyContext,
  request: SetApiKeyStatusRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  const { status, actor } = request;
  if (status !== "active" && status !== "disabled") {
    throw invalidField("status", "expected `active` or `disabled`");
  }
  const nowMs = context.now();
  const reference = referenceOf(request);
  // Whose a key is never changes, so the change below needs no transaction around both.
  const found = await context.store.findKey(reference);
  if (!found) throw keyNotFound();
  const key = await context.store.setStatus(reference, {
    status,
    by: found.userId === actor?.userId ? "user" : "administrator",
    overrules: reference.reach === "every",
    nowMs,
  });
  if (!key) throw await whyNot(context, reference);
  await announceChange(context, key.id, statusOf(key, nowMs));
  return describeKey(key, nowMs);
}

async function whyNot({ store }: ApiKeyContext, reference: KeyReference): Promise<AppError> {
  if (!(await store.findKey(reference))) return keyNotFound();
  return new AppError(
    "auth.forbidden",
    "An administrator has disabled this API key; only an administrator can enable it.",
  );
}
