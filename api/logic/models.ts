import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { FromCaller } from "../types/caller.ts";
import { toPage } from "../types/fields.ts";
import {
  type CreateModel,
  fromPrices,
  type ListModels,
  type Model,
  type ModelById,
  type ModelPage,
  toModel,
  type UpdateModel,
} from "../types/models.ts";

export async function createModel(
  context: GatewayContext,
  { caller, ...input }: FromCaller<typeof CreateModel>,
  call: Call,
): Promise<Model> {
  const model = {
    id: input.id,
    displayName: input.display_name ?? "",
    owner: input.owner ?? "",
    contextTokensMax: input.context_tokens_max ?? 0,
    outputTokensMax: input.output_tokens_max ?? 0,
    inputModalities: input.input_modalities ?? [],
    outputModalities: input.output_modalities ?? [],
    capabilities: input.capabilities ?? [],
    prices: fromPrices(input.prices ?? {}),
  };
  return toModel(await context.services.model.createModel({ actor: caller.actor, model }, call));
}

export async function listModels(
  context: GatewayContext,
  input: FromCaller<typeof ListModels>,
  call: Call,
): Promise<ModelPage> {
  const { models, total } = await context.services.model.listModels(
    { page: toPage(input), search: input.search ?? "" },
    call,
  );
  return { items: models.map(toModel), total, page: input.page, page_size: input.page_size };
}

export const getModel = async (
  context: GatewayContext,
  { id }: FromCaller<typeof ModelById>,
  call: Call,
): Promise<Model> => toModel(await context.services.model.getModel({ id }, call));

export async function updateModel(
  context: GatewayContext,
  { caller, id, ...input }: FromCaller<typeof UpdateModel>,
  call: Call,
): Promise<Model> {
  const request = {
    actor: caller.actor,
    id,
    ...(input.display_name !== undefined && { displayName: input.display_name ?? "" }),
    ...(input.owner !== undefined && { owner: input.owner ?? "" }),
    ...(input.context_tokens_max !== undefined && {
      contextTokensMax: input.context_tokens_max ?? 0,
    }),
    ...(input.output_tokens_max !== undefined && { outputTokensMax: input.output_tokens_max ?? 0 }),
    ...(input.input_modalities && { inputModalities: { values: input.input_modalities } }),
    ...(input.output_modalities && { outputModalities: { values: input.output_modalities } }),
    ...(input.capabilities && { capabilities: { values: input.capabilities } }),
    ...(input.prices && { prices: fromPrices(input.prices) }),
  };
  return toModel(await context.services.model.updateModel(request, call));
}

export async function deleteModel(
  context: GatewayContext,
  { caller, id }: FromCaller<typeof ModelById>,
  call: Call,
): Promise<null> {
  await context.services.model.deleteModel({ actor: caller.actor, id }, call);
  return null;
}
