import { openaiLike, type Provider } from "./provider.ts";

/** https://api-docs.deepseek.com */
export const deepseek: Provider = {
  ...openaiLike,
  name: "deepseek",
  baseUrl: "https://api.deepseek.com",
};
