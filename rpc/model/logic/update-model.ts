import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Call } from "../../../common/rpc/call.ts";
import type { ModelSchema, UpdateModelRequest } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { assertNone } from "../findings.ts";
import { found, foundToChange } from "../found.ts";
import { checkModel, knownPrices } from "../model-rules.ts";
import { requireAdmin } from "../require-admin.ts";

export async function updateModel(
  context: ModelContext,
  request: UpdateModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ModelSchema>> {
  requireAdmin(request.actor);
  const { id } = request;
  const changes = givenFields(request);
  assertNone(checkModel(changes, context.limits));
  foundToChange(await context.models.find(id), "model");
  await context.models.update(id, changes, context.now());
  await context.announce(id);
  return found(await context.models.find(id), "model");
}

const givenFields = (request: UpdateModelRequest) => ({
  displayName: request.displayName === "" ? request.id : request.displayName,
  owner: request.owner,
  contextTokensMax: request.contextTokensMax,
  outputTokensMax: request.outputTokensMax,
  inputModalities: request.inputModalities?.values,
  outputModalities: request.outputModalities?.values,
  capabilities: request.capabilities?.values,
  prices: request.prices && knownPrices(request.prices),
});
