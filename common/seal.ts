import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

/**
 * Encrypts a secret with AES-256-GCM before it reaches a store. `boundTo` names what the secret
 * belongs to (such as `channel:<id>`): moved to another row it cannot be opened.
 *
 * Layout: version (1 byte), random nonce (12), authentication tag (16), ciphertext. Random nonces
 * are safe for some 2^32 seals under one key, which is far beyond what a deployment writes.
 */
export function seal(masterKey: Uint8Array, plaintext: Uint8Array, boundTo: string): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(associatedData(boundTo));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), ciphertext]);
}

/** What was sealed. Throws when the key, the binding or a single bit is not what it was then. */
export function unseal(masterKey: Uint8Array, sealed: Uint8Array, boundTo: string): Uint8Array {
  if (sealed[0] !== version || sealed.length < headerBytes) {
    throw new Error(`the sealed value of ${boundTo} has no known format`);
  }
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", masterKey, nonce, { authTagLength: tagBytes })
    .setAAD(associatedData(boundTo))
    .setAuthTag(sealed.subarray(1 + nonceBytes, headerBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(headerBytes)), decipher.final()]);
  } catch (cause) {
    throw new Error(
      `the sealed value of ${boundTo} cannot be opened: it was changed, or the master key is another`,
      { cause },
    );
  }
}

const associatedData = (boundTo: string) => Buffer.from(`v${version}:${boundTo}`);
