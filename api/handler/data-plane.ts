import { type RouteConfig, z } from "@hono/zod-openapi";
import type { ManagementApp } from "../types/management.ts";

/*
 * The edge serves these itself, byte for byte as the upstream means them, so they are described
 * for readers only: no schema here takes part in a request.
 */

const chatRequest = z
  .looseObject({
    model: z.string().openapi({ example: "gpt-4o" }),
    messages: z.array(z.looseObject({ role: z.string() })),
    stream: z.boolean().optional(),
  })
  .openapi("ChatCompletionRequest", {
    description: "As OpenAI describes it. Fields that are not listed here are passed on unchanged.",
  });

const chatResponse = z
  .looseObject({ id: z.string(), object: z.literal("chat.completion"), model: z.string() })
  .openapi("ChatCompletion", { description: "As the upstream sent it." });

const model = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.int().describe("Seconds since the epoch."),
    owned_by: z.string(),
  })
  .openapi("OpenAIModel");

const openAIError = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi("OpenAIError");

const json = (schema: z.ZodType) => ({ "application/json": { schema } });

const failures: RouteConfig["responses"] = {
  default: { description: "In OpenAI's shape; see docs/errors.md.", content: json(openAIError) },
};

const dataPlane: RouteConfig[] = [
  {
    method: "post",
    path: "/v1/chat/completions",
    operationId: "createChatCompletion",
    summary: "Chat with a model, streamed or not; also at `/v1/openai/chat/completions`",
    request: { body: { required: true, content: json(chatRequest) } },
    responses: {
      200: {
        description: "The upstream's answer; server-sent events when `stream` is true.",
        content: { ...json(chatResponse), "text/event-stream": { schema: z.string() } },
      },
      ...failures,
    },
  },
  {
    method: "get",
    path: "/v1/models",
    operationId: "listUsableModels",
    summary: "The models that this API key may use",
    responses: {
      200: {
        description: "Success",
        content: json(z.object({ object: z.literal("list"), data: z.array(model) })),
      },
      ...failures,
    },
  },
  {
    method: "get",
    path: "/v1/models/{model}",
    operationId: "getUsableModel",
    summary: "One of the models that this API key may use",
    request: { params: z.object({ model: z.string() }) },
    responses: { 200: { description: "Success", content: json(model) }, ...failures },
  },
];

const health: RouteConfig[] = [
  {
    method: "get",
    path: "/healthz",
    operationId: "getHealth",
    summary: "Whether the process is alive",
    responses: { 200: { description: "It is" } },
  },
  {
    method: "get",
    path: "/readyz",
    operationId: "getReadiness",
    summary: "Whether the process takes requests",
    responses: {
      200: { description: "It does" },
      503: { description: "It does not, or no longer" },
    },
  },
];

export function describeDataPlane({ openAPIRegistry }: ManagementApp): void {
  for (const route of dataPlane) {
    openAPIRegistry.registerPath({
      ...route,
      tags: ["Data plane (OpenAI-compatible)"],
      security: [{ apiKey: [] }],
    });
  }
  for (const route of health) {
    openAPIRegistry.registerPath({ ...route, tags: ["About this gateway"], security: [] });
  }
}
