import type { IncomingHttpHeaders } from "node:http";

/** The API key that a request brings, wherever the clients of the usual providers put it. */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined && bearerPattern.test(authorization)) {
    return authorization.slice("bearer ".length).trim();
  }
  return (
    single(headers["x-api-key"]) ?? single(headers["api-key"]) ?? single(headers["x-goog-api-key"])
  );
}

/**
 * A key as an error may show it: its scheme when it is ours, and its end, by which its owner knows
 * it. A text too short to be a key is not shown at all, for it may be a password.
 */
export function maskedKey(key: string): string {
  const end = key.length >= 20 && /[A-Za-z0-9_-]{4}$/.test(key) ? key.slice(-4) : "";
  return `${key.startsWith("sk-ar-") ? "sk-ar-" : ""}****${end}`;
}

const bearerPattern = /^bearer [^ ]/i;

/** Node joins nothing here: the front refuses a key header that comes twice. */
const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
