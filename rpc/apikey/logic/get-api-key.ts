import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, GetApiKeyRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import { keyNotFound, referenceOf } from "./actor-reach.ts";
import { describeKey } from "./describe-key.ts";

export async function getApiKey(
  { now, store }: ApiKeyContext,
  request: GetApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  const key = await store.findKey(referenceOf(request));
  if (!key) throw keyNotFound();
  return describeKey(key, now());
}
