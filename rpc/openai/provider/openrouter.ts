import { openaiLike, type Provider } from "./provider.ts";

/**
 * https://openrouter.ai/docs/api-reference. `http-referer` and `x-title` name the calling app; usage
 * is part of every answer.
 */
export const openrouter: Provider = {
  ...openaiLike,
  name: "openrouter",
  baseUrl: "https://openrouter.ai/api/v1",
  requestHeaders: ["http-referer", "x-title"],
  streamUsage: "always",
};
