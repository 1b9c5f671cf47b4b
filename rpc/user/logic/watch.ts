import type { MessageInitShape } from "@bufbuild/protobuf";
import { eventStream } from "../../../common/events/event-stream.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { UserEventSchema, WatchUsersRequest } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";

export async function* watch(
  { events }: UserContext,
  _request: WatchUsersRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof UserEventSchema>> {
  for await (const event of eventStream(events, "user", call.signal)) {
    yield event ? { userId: event.id, status: event.value } : {};
  }
}
