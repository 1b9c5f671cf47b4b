import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { GetUserRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { checkId } from "../fields.ts";
import { toUser } from "../messages.ts";

export async function getUser(
  { stores }: UserContext,
  request: GetUserRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  checkId(request.id);
  const user = await stores.users.find(request.id);
  if (!user) throw new AppError("resource.not_found", "There is no such user.");
  return toUser(user);
}
