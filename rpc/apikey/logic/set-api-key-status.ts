import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeySchema, SetApiKeyStatusRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";

export async function setApiKeyStatus(
  _context: ApiKeyContext,
  _request: SetApiKeyStatusRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ApiKeySchema>> {
  throw new AppError("unimplemented", "SetApiKeyStatus is not written yet");
}
