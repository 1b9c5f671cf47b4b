import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ValidateApiKeyRequest,
  ValidateApiKeyResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function validateApiKey(
  _context: ApiKeyContext,
  _request: ValidateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ValidateApiKeyResponseSchema>> {
  throw new AppError("unimplemented", "ValidateApiKey is not written yet");
}
