import { openaiLike, type Provider } from "./provider.ts";

/** https://console.groq.com/docs/openai. Every stream ends with usage, also under `x_groq`. */
export const groq: Provider = {
  ...openaiLike,
  name: "groq",
  baseUrl: "https://api.groq.com/openai/v1",
  streamUsage: "always",
};
