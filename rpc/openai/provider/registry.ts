import { deepseek } from "./deepseek.ts";
import { demo } from "./demo.ts";
import { groq } from "./groq.ts";
import { mistral } from "./mistral.ts";
import { openai } from "./openai.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import { openrouter } from "./openrouter.ts";
import type { Provider } from "./provider.ts";

const all = [openai, deepseek, groq, mistral, openrouter, openaiCompatible, demo];

/** The only place that names providers. */
export const providers: ReadonlyMap<string, Provider> = new Map(
  all.map((provider) => [provider.name, provider]),
);
