export type ModelContext = Record<string, never>;
