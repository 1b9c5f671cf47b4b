import { errors, jwtVerify, SignJWT } from "jose";
import { AppError } from "../../common/errors.ts";
import type { SigningKey } from "./signing-key.ts";

export interface AccessTokens {
  issue(subject: TokenSubject): Promise<IssuedToken>;
  /** Throws `auth.token_expired` or `auth.token_invalid`. */
  verify(token: string): Promise<TokenSubject>;
  /** The public keys as a JSON Web Key Set, as JSON. */
  readonly keySet: string;
}

export interface TokenSubject {
  readonly userId: string;
  readonly sessionId: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface AccessTokenOptions {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly lifeSeconds: number;
  readonly now: () => number;
}

const algorithm = "EdDSA";
/** RFC 9068; keeps tokens of other kinds that the same key may sign some day from passing here. */
const type = "at+jwt";
/** How far the clocks of two replicas may be apart. */
const clockToleranceSeconds = 5;
const tokenCharactersMax = 2_000;

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { key, issuer, lifeSeconds, now } = options;
  return {
    keySet: JSON.stringify({ keys: [key.publicJwk] }),
    async issue({ userId, sessionId }) {
      const issuedAt = Math.floor(now() / 1_000);
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: algorithm, typ: type, kid: key.kid })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(userId)
        .setJti(crypto.randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifeSeconds)
        .sign(key.privateKey);
      return { token, expiresAtMs: (issuedAt + lifeSeconds) * 1_000 };
    },
    verify: (token) => verify(token, options),
  };
}

async function verify(token: string, options: AccessTokenOptions): Promise<TokenSubject> {
  const { key, issuer, lifeSeconds, now } = options;
  if (token.length > tokenCharactersMax) throw invalid();
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, {
      algorithms: [algorithm],
      typ: type,
      issuer,
      audience: issuer,
      currentDate: new Date(now()),
      clockTolerance: clockToleranceSeconds,
      maxTokenAge: lifeSeconds,
      requiredClaims: ["iss", "aud", "exp", "iat", "jti", "sub", "sid"],
    });
    const { sub, sid } = payload;
    if (protectedHeader.kid !== key.kid || !sub || typeof sid !== "string") throw invalid();
    return { userId: sub, sessionId: sid };
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) {
      throw new AppError("auth.token_expired", "The access token has expired.", { cause });
    }
    throw invalid(cause);
  }
}

const invalid = (cause?: unknown) =>
  new AppError("auth.token_invalid", "The access token is not valid.", { cause });
