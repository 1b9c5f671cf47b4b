import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { GetJwksRequest, GetJwksResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function getJwks(
  _context: UserContext,
  _request: GetJwksRequest,
  _call: Call,
): Promise<MessageInitShape<typeof GetJwksResponseSchema>> {
  throw new AppError("unimplemented", "GetJwks is not written yet");
}
