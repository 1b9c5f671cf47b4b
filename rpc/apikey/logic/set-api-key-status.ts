import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, SetApiKeyStatusRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import { keyNotFound, referenceOf } from "./actor-reach.ts";
import { announceChange } from "./announce-change.ts";
import { invalidField } from "./check-fields.ts";
import { describeKey, statusOf } from "./describe-key.ts";

/** Setting the status that a key has already is no mistake, and is announced as well. */
export async function setApiKeyStatus(
  context: ApiKeyContext,
  request: SetApiKeyStatusRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  const { status } = request;
  if (status !== "active" && status !== "disabled") {
    throw invalidField("status", "expected `active` or `disabled`");
  }
  const nowMs = context.now();
  const key = await context.store.updateKey(referenceOf(request), { status, updatedAtMs: nowMs });
  if (!key) throw keyNotFound();
  await announceChange(context, key.id, statusOf(key, nowMs));
  return describeKey(key, nowMs);
}
