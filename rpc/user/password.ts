import { createHmac } from "node:crypto";
import bcrypt from "bcrypt";
import type { UserConfig } from "./config.ts";
import { createWorkQueue } from "./work-queue.ts";

export interface Passwords {
  hash(password: string, signal: AbortSignal): Promise<string>;
  /** Without a hash it takes as long and is never right: for accounts that do not exist. */
  verify(password: string, hash: string | undefined, signal: AbortSignal): Promise<boolean>;
  /** Whether the hash was made at another cost than today's. */
  isOutdated(hash: string): boolean;
}

/** A salt and a digest that no password gives: 22 and 31 characters of bcrypt's alphabet. */
const hashOfNothing = `${"C".repeat(21)}.${"x".repeat(31)}`;

/**
 * bcrypt over a keyed digest of the password, in a bounded number of threads. The digest is 64
 * characters of base64, so that bcrypt's limit of 72 bytes cuts nothing and no byte of it is zero;
 * its key, the pepper, is not in the database, so that a stolen database alone cannot be guessed at.
 */
export function createPasswords(config: UserConfig["hashing"], pepper: Uint8Array): Passwords {
  const queue = createWorkQueue(config);
  const cost = config.bcryptCost;
  const unknown = `$2b$${String(cost).padStart(2, "0")}$${hashOfNothing}`;
  const digest = (password: string) =>
    createHmac("sha384", pepper).update(password.normalize("NFKC")).digest("base64");

  return {
    hash: (password, signal) => queue.run(() => bcrypt.hash(digest(password), cost), signal),
    async verify(password, hash, signal) {
      const right = await queue.run(
        () => bcrypt.compare(digest(password), hash ?? unknown),
        signal,
      );
      return right && hash !== undefined;
    },
    isOutdated: (hash) => bcrypt.getRounds(hash) !== cost,
  };
}
