import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { UpdateProfileRequest, UserSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { checkFields, emailProblem, normalizeEmail, usernameProblem } from "../fields.ts";
import { toUser } from "../messages.ts";

export async function updateProfile(
  { stores, now }: UserContext,
  request: UpdateProfileRequest,
  _call: Call,
): Promise<MessageInitShape<typeof UserSchema>> {
  const { username } = request;
  const email = request.email === undefined ? undefined : normalizeEmail(request.email);
  checkFields(
    username === undefined ? undefined : usernameProblem(username),
    email === undefined ? undefined : emailProblem(email),
  );
  const change = {
    ...(username === undefined ? {} : { username }),
    ...(email === undefined ? {} : { email }),
  };
  const user = await stores.users.updateProfile(request.userId, change, now());
  if (!user) throw new AppError("resource.not_found", "There is no such user.");
  return toUser(user);
}
