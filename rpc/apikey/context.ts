export type ApiKeyContext = Record<string, never>;
