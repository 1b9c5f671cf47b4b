import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeyEventSchema, WatchApiKeysRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

// biome-ignore lint/correctness/useYield: a skeleton
export async function* watchApiKeys(
  _context: ApiKeyContext,
  _request: WatchApiKeysRequest,
  _call: Call,
): AsyncGenerator<MessageInitShape<typeof ApiKeyEventSchema>> {
  throw new AppError("unimplemented", "WatchApiKeys is not written yet");
}
