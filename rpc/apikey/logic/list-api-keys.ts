import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListApiKeysRequest,
  ListApiKeysResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function listApiKeys(
  _context: ApiKeyContext,
  _request: ListApiKeysRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListApiKeysResponseSchema>> {
  throw new AppError("unimplemented", "ListApiKeys is not written yet");
}
