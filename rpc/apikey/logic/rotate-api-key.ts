import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  GenerateApiKeyResponseSchema,
  RotateApiKeyRequest,
} from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function rotateApiKey(
  _context: ApiKeyContext,
  _request: RotateApiKeyRequest,
  _call: Call,
): Promise<MessageInitShape<typeof GenerateApiKeyResponseSchema>> {
  throw new AppError("unimplemented", "RotateApiKey is not written yet");
}
