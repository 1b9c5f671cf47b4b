import { openaiLike, type Provider } from "./provider.ts";

/** https://docs.mistral.ai/api. Usage stands on the last chunk of every stream. */
export const mistral: Provider = {
  ...openaiLike,
  name: "mistral",
  baseUrl: "https://api.mistral.ai/v1",
  responseHeaders: ["mistral-correlation-id"],
  streamUsage: "always",
};
