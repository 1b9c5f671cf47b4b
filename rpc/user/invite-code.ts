import { createHash, randomBytes } from "node:crypto";

/** Invitation codes: 256 random bits, of which only the hash is kept. */
export const newInviteCode = (): string => `inv-ar-${randomBytes(32).toString("base64url")}`;

export const hashInviteCode = (code: string): string =>
  createHash("sha256").update(code).digest("base64url");
