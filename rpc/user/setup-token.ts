import { randomBytes, timingSafeEqual } from "node:crypto";
import { seal, unseal } from "../../common/seal.ts";

const binding = "user setup token";

export interface SetupTokenOptions {
  readonly masterKey: Uint8Array;
  /** Keeps a candidate unless there is a token already; returns the one that counts. */
  keep(candidate: Uint8Array): Promise<Uint8Array>;
}

/**
 * The token that whoever creates the first account from elsewhere has to show. It is kept sealed, so
 * that every replica and every restart prints the same one until it is used.
 */
export async function loadSetupToken({ masterKey, keep }: SetupTokenOptions): Promise<string> {
  const candidate = `setup-ar-${randomBytes(20).toString("base64url")}`;
  const kept = await keep(seal(masterKey, Buffer.from(candidate), binding));
  return Buffer.from(unseal(masterKey, kept, binding)).toString();
}

/** Compares in a time that tells nothing about the token. */
export function isSetupToken(given: string, token: string | undefined): boolean {
  if (token === undefined) return false;
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
