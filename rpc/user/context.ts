export type UserContext = Record<string, never>;
