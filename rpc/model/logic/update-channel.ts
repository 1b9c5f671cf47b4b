import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ChannelSchema, UpdateChannelRequest } from "../../../gen/rpc/model/model_pb.ts";
import { sameOrigin } from "../base-url.ts";
import { changedChannel } from "../channel-record.ts";
import { channelFields, checkChannel } from "../channel-rules.ts";
import type { ModelContext } from "../context.ts";
import { assertNone } from "../findings.ts";
import { foundToChange } from "../found.ts";
import { checkHasAddress } from "../known-provider.ts";
import { type ChannelFields, type ChannelRecord, channelMessage } from "../records.ts";
import { requireAdmin } from "../require-admin.ts";

const attemptsMax = 5;

export async function updateChannel(
  context: ModelContext,
  request: UpdateChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ChannelSchema>> {
  requireAdmin(request.actor);
  // Written only over the revision that was read: of two racing changes, one could otherwise put
  // the other's credential beside its own base URL.
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const old = foundToChange(await context.channels.find(request.id), "channel");
    const channel = applyChange(context, old, request);
    const outcome = await context.channels.replace(channel, old.revision);
    if (outcome === "changed") continue;
    if (outcome === "name_taken") {
      throw new AppError("resource.conflict", "There is a channel with this name already.");
    }
    context.discovery.wake();
    await context.announce(channel.id);
    return channelMessage(channel);
  }
  throw new AppError("resource.conflict", "The channel is being changed by others; try again.");
}

function applyChange(
  { limits, credentials, now, providers }: ModelContext,
  old: ChannelRecord,
  request: UpdateChannelRequest,
): ChannelRecord {
  const wanted = {
    name: request.name ?? old.name,
    provider: old.provider,
    baseUrl: request.baseUrl ?? old.baseUrl,
    credential: request.credential,
    enabled: request.enabled ?? old.enabled,
    modelSource: request.modelSource ?? old.modelSource,
    models: request.models?.values ?? old.models,
    allowPrivateNetwork: request.allowPrivateNetwork ?? old.allowPrivateNetwork,
  };
  assertNone(checkChannel(wanted, limits));
  if (request.baseUrl !== undefined) assertNone(checkHasAddress(wanted, providers));
  const fields = channelFields(wanted);
  return changedChannel(old, {
    fields,
    sealedCredential:
      request.credential === undefined
        ? keptCredential(old, fields)
        : credentials.seal(old.id, request.credential),
    nowMs: now(),
  });
}

/** A credential stays at the origin it was given for. */
function keptCredential(old: ChannelRecord, { baseUrl }: ChannelFields): Uint8Array | undefined {
  if (old.sealedCredential === undefined || sameOrigin(old.baseUrl, baseUrl)) {
    return old.sealedCredential;
  }
  const message = "the new base URL has another origin, so give the credential again (or empty)";
  throw new AppError("request.invalid", `credential: ${message}.`, {
    details: [{ field: "credential", message }],
  });
}
