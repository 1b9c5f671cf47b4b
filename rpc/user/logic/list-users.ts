import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ListUsersRequest, ListUsersResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function listUsers(
  _context: UserContext,
  _request: ListUsersRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListUsersResponseSchema>> {
  throw new AppError("unimplemented", "ListUsers is not written yet");
}
