import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { CreateModelRequest, ModelSchema } from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";
import { assertNone } from "../findings.ts";
import { checkModel, modelFields } from "../model-rules.ts";
import type { ModelRecord } from "../records.ts";
import { requireAdmin } from "../require-admin.ts";

export async function createModel(
  context: ModelContext,
  { actor, model }: CreateModelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof ModelSchema>> {
  requireAdmin(actor);
  if (!model) throw new AppError("request.invalid", "The model is missing.");
  const wanted = { ...model, prices: model.prices ?? {} };
  assertNone(checkModel(wanted, context.limits));
  if ((await context.models.count()) >= context.limits.modelsMax) {
    throw new AppError("resource.conflict", "The catalogue is full; delete a model first.");
  }
  const nowMs = context.now();
  const record: ModelRecord = {
    ...modelFields(wanted),
    source: "api",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  if (!(await context.models.insert(record))) {
    throw new AppError("resource.conflict", "There is a model with this id already.");
  }
  await context.announce(record.id);
  return record;
}
