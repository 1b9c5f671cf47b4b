import { globSync } from "node:fs";

const excluded = /^(node_modules|\.node|data|\.git)\//;

/**
 * The test files whose path contains one of the patterns, or all. The end-to-end tests under
 * `test/` come first: they take longest.
 */
export function findTestFiles(patterns: readonly string[]): string[] {
  const files = globSync("**/*.test.ts").filter((file) => !excluded.test(file));
  return files
    .filter((file) => patterns.length === 0 || patterns.some((part) => file.includes(clean(part))))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, "en"));
}

/** What is held to milliseconds: nothing else runs beside these. */
export const needsTheMachine = (file: string): boolean =>
  /^test\/(contract|chaos|openai-client\/leaving)\b/.test(file);

/** What a shell completes or a person copies: `./rpc/user/`. */
const clean = (pattern: string) => pattern.replace(/^\.\//, "");

const rank = (file: string) => (file.startsWith("test/") ? 0 : 1);
