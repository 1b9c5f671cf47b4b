import { AppError, type ErrorCode } from "../../common/errors.ts";
import { maskedKey } from "./presented-key.ts";

/** What is said to a request that brings no key. */
export const missingKey = (): AppError =>
  new AppError(
    "auth.required",
    "You didn't provide an API key. Send it in an Authorization header as a bearer token " +
      "(Authorization: Bearer YOUR_KEY).",
  );

/** What is said of keys that cannot be used; the key itself is shown masked only. */
export function refused(code: ErrorCode, secret: string): AppError {
  const key = maskedKey(secret);
  const messages: Partial<Record<ErrorCode, string>> = {
    api_key_disabled: `The API key ${key} is disabled.`,
    api_key_expired: `The API key ${key} has expired.`,
    api_key_revoked: `The API key ${key} has been replaced by a new one.`,
    "auth.user_disabled": "The account of this API key is disabled.",
  };
  return new AppError(code, messages[code] ?? `Incorrect API key provided: ${key}.`);
}

/** What is said to a request whose key ends while it runs. */
export const endedError = (code: ErrorCode): AppError =>
  new AppError(code, "The API key of this request, or its account, has just been withdrawn.");
