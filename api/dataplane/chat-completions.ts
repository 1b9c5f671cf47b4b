import type { GatewayContext } from "../context.ts";
import type { Route } from "../edge/route.ts";
import { Answer } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { authorise, authoriseModel } from "./authorise.ts";
import { forward } from "./forward.ts";
import { readModelRequest } from "./read-request.ts";

const endpoint = "chat.completions";

/** The life of a chat request, stage by stage. */
export const createChatCompletionsRoute = (context: GatewayContext): Route => ({
  pattern: "/v1/chat/completions",
  methods: ["POST"],
  async handle(exchange) {
    const { limits } = context.config;
    const { record } = exchange;
    const answer = new Answer(exchange, limits);
    const { principal, leaveRunning } = await authenticate(context, exchange, answer);
    try {
      authorise(principal, endpoint, record);
      const request = await readModelRequest(exchange, limits);
      record.model = request.model;
      authoriseModel(principal, request.model);
      // Admission (rates, budgets) comes between these two, settlement after the second.
      if (!answer.failed) await forward(context, { exchange, answer, endpoint, request });
    } finally {
      leaveRunning();
    }
  },
});
