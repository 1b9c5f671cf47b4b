import type { MessageInitShape } from "@bufbuild/protobuf";
import { eventStream } from "../../../common/events/event-stream.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ApiKeyEventSchema, WatchApiKeysRequest } from "../../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "../context.ts";
import { apiKeyTopic } from "./announce-change.ts";

export async function* watchApiKeys(
  { events }: ApiKeyContext,
  _request: WatchApiKeysRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof ApiKeyEventSchema>> {
  for await (const event of eventStream(events, apiKeyTopic, call.signal)) {
    yield event ? { keyId: event.id, status: event.value } : {};
  }
}
