export type OpenAIContext = Record<string, never>;
