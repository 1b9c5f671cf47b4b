import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { FromCaller } from "../types/caller.ts";
import {
  type Channel,
  type ChannelPage,
  type ChannelTest,
  type CreateChannel,
  fromServedModels,
  type ListChannels,
  toChannel,
  type UpdateChannel,
} from "../types/channels.ts";
import { type byId, orNull, toPage } from "../types/fields.ts";

export async function createChannel(
  context: GatewayContext,
  { caller, ...input }: FromCaller<typeof CreateChannel>,
  call: Call,
): Promise<Channel> {
  const channel = await context.services.model.createChannel(
    {
      actor: caller.actor,
      name: input.name,
      provider: input.provider,
      baseUrl: input.base_url ?? "",
      credential: input.credential ?? "",
      enabled: input.enabled,
      modelSource: input.model_source ?? "",
      models: fromServedModels(input.models),
      allowPrivateNetwork: input.allow_private_network,
    },
    call,
  );
  return toChannel(channel);
}

export async function listChannels(
  context: GatewayContext,
  input: FromCaller<typeof ListChannels>,
  call: Call,
): Promise<ChannelPage> {
  const { channels, total } = await context.services.model.listChannels(
    { actor: input.caller.actor, page: toPage(input) },
    call,
  );
  return { items: channels.map(toChannel), total, page: input.page, page_size: input.page_size };
}

export const getChannel = async (
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<Channel> =>
  toChannel(await context.services.model.getChannel({ actor: caller.actor, id }, call));

export async function updateChannel(
  context: GatewayContext,
  { caller, id, ...input }: FromCaller<typeof UpdateChannel>,
  call: Call,
): Promise<Channel> {
  const request = {
    actor: caller.actor,
    id,
    ...(input.name !== undefined && { name: input.name }),
    ...(input.base_url !== undefined && { baseUrl: input.base_url ?? "" }),
    ...(input.credential !== undefined && { credential: input.credential ?? "" }),
    ...(input.enabled !== undefined && { enabled: input.enabled }),
    ...(input.model_source !== undefined && { modelSource: input.model_source }),
    ...(input.models && { models: { values: fromServedModels(input.models) } }),
    ...(input.allow_private_network !== undefined && {
      allowPrivateNetwork: input.allow_private_network,
    }),
  };
  return toChannel(await context.services.model.updateChannel(request, call));
}

export async function deleteChannel(
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<null> {
  await context.services.model.deleteChannel({ actor: caller.actor, id }, call);
  return null;
}

export async function testChannel(
  context: GatewayContext,
  { caller, id }: FromCaller<typeof byId>,
  call: Call,
): Promise<ChannelTest> {
  const result = await context.services.model.testChannel({ actor: caller.actor, id }, call);
  return {
    ok: result.ok,
    status: result.status || null,
    latency_ms: result.latencyMs,
    message: orNull(result.message),
    models: result.models,
  };
}
