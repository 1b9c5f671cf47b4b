import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { GetJwksRequest, GetJwksResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function getJwks(
  { accessTokens }: UserContext,
  _request: GetJwksRequest,
  _call: Call,
): Promise<MessageInitShape<typeof GetJwksResponseSchema>> {
  return { jwks: accessTokens.keySet };
}
