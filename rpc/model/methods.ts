// Generated from rpc/model/model.proto by `npm run gen`. Never edited.
import type { ServiceImplementation } from "../../common/rpc/service.ts";
import type { ModelService } from "../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "./context.ts";
import { createChannel } from "./logic/create-channel.ts";
import { createModel } from "./logic/create-model.ts";
import { deleteChannel } from "./logic/delete-channel.ts";
import { deleteModel } from "./logic/delete-model.ts";
import { getChannel } from "./logic/get-channel.ts";
import { getModel } from "./logic/get-model.ts";
import { listChannels } from "./logic/list-channels.ts";
import { listModels } from "./logic/list-models.ts";
import { testChannel } from "./logic/test-channel.ts";
import { updateChannel } from "./logic/update-channel.ts";
import { updateModel } from "./logic/update-model.ts";
import { watchCatalogue } from "./logic/watch-catalogue.ts";
import { watchRoutes } from "./logic/watch-routes.ts";

/** Binds every method of ModelService to its logic. */
export function createModelMethods(
  context: ModelContext,
): ServiceImplementation<typeof ModelService> {
  return {
    createModel: (request, call) => createModel(context, request, call),
    getModel: (request, call) => getModel(context, request, call),
    listModels: (request, call) => listModels(context, request, call),
    updateModel: (request, call) => updateModel(context, request, call),
    deleteModel: (request, call) => deleteModel(context, request, call),
    createChannel: (request, call) => createChannel(context, request, call),
    getChannel: (request, call) => getChannel(context, request, call),
    listChannels: (request, call) => listChannels(context, request, call),
    updateChannel: (request, call) => updateChannel(context, request, call),
    deleteChannel: (request, call) => deleteChannel(context, request, call),
    testChannel: (request, call) => testChannel(context, request, call),
    watchCatalogue: (request, call) => watchCatalogue(context, request, call),
    watchRoutes: (request, call) => watchRoutes(context, request, call),
  };
}
