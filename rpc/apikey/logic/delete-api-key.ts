import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteApiKeyRequest,
  DeleteApiKeyResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import { keyNotFound, referenceOf } from "./actor-reach.ts";
import { announceChange } from "./announce-change.ts";

/**
 * Ends a key for good. Deleting it once more finds nothing, but announces it again, so that who
 * was told that the announcement failed has a way to have it repeated.
 */
export async function deleteApiKey(
  context: ApiKeyContext,
  request: DeleteApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteApiKeyResponseSchema>> {
  const outcome = await context.store.deleteKey(referenceOf(request), context.now());
  if (outcome === "absent") throw keyNotFound();
  await announceChange(context, request.id, "deleted");
  if (outcome === "repeated") throw keyNotFound();
  return {};
}
