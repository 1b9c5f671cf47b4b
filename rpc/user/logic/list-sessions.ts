import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  ListSessionsRequest,
  ListSessionsResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import { toSession } from "../messages.ts";

export async function listSessions(
  { stores, now }: UserContext,
  request: ListSessionsRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ListSessionsResponseSchema>> {
  const sessions = await stores.sessions.listLive(request.userId, now());
  return { sessions: sessions.map(toSession) };
}
