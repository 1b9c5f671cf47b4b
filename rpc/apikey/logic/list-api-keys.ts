import type { MessageInitShape } from "@bufbuild/protobuf";
import { sliceOf } from "../../../common/access/page.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListApiKeysRequest,
  ListApiKeysResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import type { ShownStatus } from "../store/schema.ts";
import { reachOf } from "./actor-reach.ts";
import { checkText, checkUserId, requireValid } from "./check-fields.ts";
import { describeKey } from "./describe-key.ts";

/** A page of keys, oldest first: see `store/list-keys.ts` for what that is good for. */
export async function listApiKeys(
  { config, now, store }: ApiKeyContext,
  request: ListApiKeysRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListApiKeysResponseSchema>> {
  const nowMs = now();
  const { name, userId } = request;
  const slice = sliceOf(request.page);
  const status = shownStatus(request.status);
  requireValid([
    userId === "" ? undefined : checkUserId(userId),
    checkText({ field: "name", text: name, charactersMax: config.nameCharactersMax }),
    status === undefined
      ? { field: "status", message: "expected `active`, `disabled` or `expired`" }
      : undefined,
  ]);

  const { keys, total } = await store.listKeys({
    reach: reachOf(request.actor),
    userId,
    status: status ?? "",
    name,
    nowMs,
    ...slice,
  });
  return { keys: keys.map((key) => describeKey(key, nowMs)), total };
}

/** Undefined for what is no status. */
function shownStatus(status: string): ShownStatus | "" | undefined {
  switch (status) {
    case "":
    case "active":
    case "disabled":
    case "expired":
      return status;
    default:
      return undefined;
  }
}
