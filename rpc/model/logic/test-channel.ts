import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  TestChannelRequest,
  TestChannelResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { found } from "../found.ts";
import { requireAdmin } from "../require-admin.ts";
import { toRoute } from "../snapshot.ts";

/** Asks the upstream with what is stored; a disabled channel can be tested too. Changes nothing. */
export async function testChannel(
  { channels, credentials, openai }: ModelContext,
  { actor, id }: TestChannelRequest,
  call: Call,
): Promise<MessageInitShape<typeof TestChannelResponseSchema>> {
  requireAdmin(actor);
  const channel = found(await channels.find(id), "channel");
  const answer = await openai.probe({ route: toRoute(channel) }, call);
  return {
    ok: answer.ok,
    status: answer.status,
    latencyMs: answer.latencyMs,
    // Some upstreams quote a credential that they do not accept.
    message: credentials.blotOut(id, channel.sealedCredential, answer.message),
    models: answer.models,
  };
}
