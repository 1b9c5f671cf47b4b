import { AppError } from "../../common/errors.ts";
import type { CatalogueEntry } from "../../gen/rpc/model/model_pb.ts";
import type { GatewayContext } from "../context.ts";
import { answerJson } from "../edge/answer.ts";
import type { Exchange } from "../edge/exchange.ts";
import type { Route } from "../edge/route.ts";
import { Answer } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { authorise } from "./authorise.ts";
import type { Principal } from "./principal.ts";

const endpoint = "models";

export const createListModelsRoute = (context: GatewayContext): Route => ({
  pattern: "/v1/models",
  methods: ["GET"],
  async handle(exchange) {
    const principal = await callerOf(context, exchange);
    const data = context.catalogue.entries
      .filter(({ id }) => principal.allowsModel(id))
      .map(openaiModel);
    answerJson(exchange, 200, { object: "list", data });
  },
});

/** A model that the caller may not use does not exist for it. */
export const createGetModelRoute = (context: GatewayContext): Route => ({
  pattern: "/v1/models/{id}",
  methods: ["GET"],
  async handle(exchange) {
    const principal = await callerOf(context, exchange);
    const id = exchange.parameter;
    const entry = principal.allowsModel(id) ? context.catalogue.find(id) : undefined;
    if (!entry) {
      const message = `The model '${id}' does not exist or you do not have access to it.`;
      throw new AppError("model_not_found", message, { details: [{ field: "model", message }] });
    }
    answerJson(exchange, 200, openaiModel(entry));
  },
});

/** These answer in the same turn, so there is nothing to cut. */
async function callerOf(context: GatewayContext, exchange: Exchange): Promise<Principal> {
  const answer = new Answer(exchange, context.config.limits);
  const { principal, leaveRunning } = await authenticate(context, exchange, answer);
  leaveRunning();
  authorise(principal, endpoint, exchange.record);
  if (!context.catalogue.loaded) {
    throw new AppError("service.unavailable", "The models are not known yet; try again.", {
      retryAfterSeconds: 1,
    });
  }
  return principal;
}

const openaiModel = ({ id, owner, createdAtMs }: CatalogueEntry) => ({
  id,
  object: "model",
  created: Math.floor(createdAtMs / 1000),
  owned_by: owner,
});
