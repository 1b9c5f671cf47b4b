import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, UpdateApiKeyRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function updateApiKey(
  _context: ApiKeyContext,
  _request: UpdateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  throw new AppError("unimplemented", "UpdateApiKey is not written yet");
}
