import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Refresh tokens: one use each, then their successor.
 *
 * A token is the session's id, 32 bytes that nobody can guess, and a tag over both under a key of
 * the server. The tag tells a token that we once gave out from one that was made up, without asking
 * the store: else whoever knows a session's id could have it revoked by "reusing" nonsense.
 *
 * A successor is derived from its predecessor under another key of the server. So the store needs to
 * keep hashes only, and still the loser of two racing refreshes, who carries the token just spent,
 * can be handed the very token that the winner got. The alternative, a second valid successor, would
 * split the session into two lines of tokens, and a thief on one would never collide with the owner
 * on the other; with one line, whoever comes second after the grace shows the theft. Without the
 * server's key neither a stolen token nor a stolen database gives the next one.
 */
export interface RefreshTokens {
  first(sessionId: string): string;
  successor(token: ParsedToken): string;
  /** `undefined` for what we never gave out. */
  parse(token: string): ParsedToken | undefined;
  /** What the store keeps in place of a token: it is random, so a plain hash cannot be guessed. */
  hash(token: string): string;
}

export interface ParsedToken {
  readonly text: string;
  readonly sessionId: string;
  readonly secret: Uint8Array;
}

const prefix = "rt-ar-";
const idBytes = 16;
const secretBytes = 32;
const tagBytes = 16;

export function createRefreshTokens(masterKey: Uint8Array): RefreshTokens {
  const tagKey = deriveKey(masterKey, "user refresh token tag");
  const successorKey = deriveKey(masterKey, "user refresh token successor");
  const tagOf = (body: Uint8Array) =>
    createHmac("sha256", tagKey).update(body).digest().subarray(0, tagBytes);
  const write = (sessionId: string, secret: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(sessionId.replaceAll("-", ""), "hex"), secret]);
    return prefix + Buffer.concat([body, tagOf(body)]).toString("base64url");
  };

  return {
    first: (sessionId) => write(sessionId, randomBytes(secretBytes)),
    successor: ({ sessionId, secret }) =>
      write(
        sessionId,
        createHmac("sha256", successorKey).update(sessionId).update(secret).digest(),
      ),
    parse(text) {
      const bytes = Buffer.from(text.slice(prefix.length), "base64url");
      const body = bytes.subarray(0, idBytes + secretBytes);
      const tag = bytes.subarray(body.length);
      if (tag.length !== tagBytes || !timingSafeEqual(tag, tagOf(body))) return undefined;
      const token = {
        sessionId: formatUuid(body.toString("hex", 0, idBytes)),
        secret: body.subarray(idBytes),
      };
      // Base64 has several spellings of the same bytes; only ours is a token.
      return write(token.sessionId, token.secret) === text ? { text, ...token } : undefined;
    },
    hash: (token) => createHash("sha256").update(token).digest("base64url"),
  };
}

const deriveKey = (masterKey: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(), purpose, 32));

const formatUuid = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    "-",
  );
