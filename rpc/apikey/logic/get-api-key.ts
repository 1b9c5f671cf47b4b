import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, GetApiKeyRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function getApiKey(
  _context: ApiKeyContext,
  _request: GetApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  throw new AppError("unimplemented", "GetApiKey is not written yet");
}
