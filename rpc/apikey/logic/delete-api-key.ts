import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  DeleteApiKeyRequest,
  DeleteApiKeyResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function deleteApiKey(
  _context: ApiKeyContext,
  _request: DeleteApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof DeleteApiKeyResponseSchema>> {
  throw new AppError("unimplemented", "DeleteApiKey is not written yet");
}
