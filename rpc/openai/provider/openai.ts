import { openaiLike, type Provider } from "./provider.ts";

/** https://platform.openai.com/docs/api-reference */
export const openai: Provider = {
  ...openaiLike,
  name: "openai",
  baseUrl: "https://api.openai.com/v1",
  requestHeaders: ["openai-beta"],
};
