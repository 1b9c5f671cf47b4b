import { AppError } from "../../common/errors.ts";

/** The access token of a request. Throws `auth.required`, and `auth.token_invalid` for an API key. */
export function bearerToken(authorization: string | undefined): string {
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) {
    throw new AppError(
      "auth.required",
      "Sign in at /api/v1/auth/login and send the access token as `Authorization: Bearer <token>`.",
    );
  }
  if (token.startsWith("sk-")) {
    throw new AppError(
      "auth.token_invalid",
      "This is an API key, which is for the data plane under /v1. The management API takes an " +
        "access token from /api/v1/auth/login.",
    );
  }
  return token;
}
