import { randomUUIDv7 } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ChannelSchema, CreateChannelRequest } from "../../../gen/rpc/model/model_pb.ts";
import { newChannel } from "../channel-record.ts";
import { channelFields, checkChannel } from "../channel-rules.ts";
import type { ModelContext } from "../context.ts";
import { assertNone } from "../findings.ts";
import { checkProvider } from "../known-provider.ts";
import { channelMessage } from "../records.ts";
import { requireAdmin } from "../require-admin.ts";

export async function createChannel(
  context: ModelContext,
  request: CreateChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChannelSchema>> {
  requireAdmin(request.actor);
  const wanted = { ...request, modelSource: request.modelSource || defaultModelSource(request) };
  assertNone(checkChannel(wanted, context.limits));
  assertNone(checkProvider(wanted, context.providers));
  if ((await context.channels.count()) >= context.limits.channelsMax) {
    throw new AppError("resource.conflict", "There are too many channels; delete one first.");
  }
  const id = randomUUIDv7();
  const channel = newChannel({
    id,
    fields: channelFields(wanted),
    sealedCredential: context.credentials.seal(id, request.credential),
    source: "api",
    nowMs: context.now(),
  });
  if (!(await context.channels.insert(channel))) {
    throw new AppError("resource.conflict", "There is a channel with this name already.");
  }
  context.discovery.wake();
  await context.announce(id);
  return channelMessage(channel);
}

/** Whoever lists models means just these; whoever lists none wants what the upstream has. */
const defaultModelSource = ({ models }: CreateChannelRequest) =>
  models.length > 0 ? "list" : "discover";
