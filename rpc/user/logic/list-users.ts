import type { MessageInitShape } from "@bufbuild/protobuf";
import { sliceOf } from "../../../common/access/page.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ListUsersRequest, ListUsersResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import { requireAdministrator } from "../administrator.ts";
import type { UserContext } from "../context.ts";
import { checkFields, hasControlCharacters, parseStatus } from "../fields.ts";
import { toUser } from "../messages.ts";

export async function listUsers(
  context: UserContext,
  request: ListUsersRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListUsersResponseSchema>> {
  await requireAdministrator(context, request.actor);
  const search = request.search.trim();
  checkFields(
    hasControlCharacters(search) || search.length > searchCharactersMax
      ? { field: "search", message: `Search for at most ${searchCharactersMax} letters.` }
      : undefined,
  );
  const { items, total } = await context.stores.users.list({
    ...sliceOf(request.page),
    status: request.status === "" ? undefined : parseStatus(request.status),
    search,
  });
  return { users: items.map(toUser), total };
}

const searchCharactersMax = 254;
