import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  GenerateApiKeyRequest,
  GenerateApiKeyResponseSchema,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function generateApiKey(
  _context: ApiKeyContext,
  _request: GenerateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof GenerateApiKeyResponseSchema>> {
  throw new AppError("unimplemented", "GenerateApiKey is not written yet");
}
