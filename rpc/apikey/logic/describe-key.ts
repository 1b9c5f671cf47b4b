import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ApiKeySchema } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ShownStatus, StoredKey } from "../store/schema.ts";

/** A key as it is shown; never with anything that its secret could be found from. */
export function describeKey(key: StoredKey, nowMs: number): MessageInitShape<typeof ApiKeySchema> {
  const { expiresAtMs, disabledBy, ...shown } = key;
  return {
    ...shown,
    status: statusOf(key, nowMs),
    expiresAtMs: expiresAtMs ?? undefined,
    disabledBy: disabledBy ?? "",
  };
}

/** Expiry outweighs the rest: neither enabling nor disabling changes that an expired key is dead. */
export function statusOf(key: StoredKey, nowMs: number): ShownStatus {
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) return "expired";
  return key.status;
}
