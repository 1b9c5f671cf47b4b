import { AppError, type ErrorDetail } from "../../../common/errors.ts";
import type { ApiKeyConfig } from "../config.ts";

/** The last time that a `Date` can hold. */
const timeMsMax = 8_640_000_000_000_000;

/** What is wrong with a request, piece by piece; a check that finds nothing gives nothing. */
export type Findings = readonly (ErrorDetail | undefined)[];

/** Throws `request.invalid` with every finding in its details. */
export function requireValid(findings: Findings): void {
  const details = findings.filter((finding) => finding !== undefined);
  const [first] = details;
  if (!first) return;
  throw new AppError("request.invalid", `${first.field}: ${first.message}.`, { details });
}

export const invalidField = (field: string, message: string) =>
  new AppError("request.invalid", `${field}: ${message}.`, { details: [{ field, message }] });

/** Whether a text may be an id. What is not one never reaches a database. */
export const isId = (text: string): boolean => /^[\w-]{1,64}$/.test(text);

export function checkUserId(userId: string): ErrorDetail | undefined {
  if (isId(userId)) return undefined;
  return { field: "user_id", message: "expected the id of a user" };
}

export function checkName(name: string, { nameCharactersMax }: ApiKeyConfig) {
  if (name === "") return { field: "name", message: "expected a name" };
  return checkText({ field: "name", text: name, charactersMax: nameCharactersMax });
}

export function checkDescription(text: string, { descriptionCharactersMax }: ApiKeyConfig) {
  const charactersMax = descriptionCharactersMax;
  return checkText({ field: "description", text, charactersMax, lines: true });
}

export function checkExpiry(expiresAtMs: number, nowMs: number): ErrorDetail | undefined {
  const usable = Number.isInteger(expiresAtMs) && expiresAtMs > nowMs && expiresAtMs <= timeMsMax;
  return usable ? undefined : { field: "expires_at", message: "expected a time in the future" };
}

interface TextField {
  readonly field: string;
  readonly text: string;
  readonly charactersMax: number;
  /** Whether it may have more than one line. */
  readonly lines?: boolean;
}

export function checkText({ field, text, charactersMax, lines = false }: TextField) {
  if ([...text].length > charactersMax) {
    return { field, message: `expected at most ${charactersMax} characters` };
  }
  // Not every engine stores a NUL or half of a surrogate pair.
  const unusable = lines ? /[^\P{Cc}\t\r\n]|\p{Cs}/u : /\p{Cc}|\p{Cs}/u;
  if (!unusable.test(text)) return undefined;
  return { field, message: "expected text without control characters" };
}
