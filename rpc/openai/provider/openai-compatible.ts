import { openaiLike, type Provider } from "./provider.ts";

/** Any server that speaks OpenAI's dialect: vLLM, Ollama, llama.cpp, LM Studio, another gateway. */
export const openaiCompatible: Provider = {
  ...openaiLike,
  name: "openai-compatible",
  baseUrl: undefined,
  endsWithDone: false,
};
