import { createHmac, type KeyObject, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/*
 * An API key's secret: `sk-ar-`, 256 random bits, and a CRC-32 over both, the last two in base 62
 * with leading zeros. The checksum keeps typing errors and scanners' guesses away from every
 * store; it is no protection by itself.
 */
const scheme = "sk-ar-";
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const randomByteCount = 32;
/** The fewest base 62 digits that hold 256 bits, and 32 bits. */
const randomDigits = 43;
const checksumDigits = 6;
const secretLength = scheme.length + randomDigits + checksumDigits;
const digitsShown = 4;

/** A new secret. `random` gives as many random bytes as it is asked for. */
export function generateSecret(random: (size: number) => Uint8Array = randomBytes): string {
  const bits = BigInt(`0x${Buffer.from(random(randomByteCount)).toString("hex")}`);
  const payload = scheme + randomToBase62(bits);
  return payload + checksumOf(payload);
}

/**
 * Whether a text could be a secret. Costs no I/O and at most one pass over a secret's length, so
 * it may face anything that a client sends.
 */
export function isWellFormed(secret: string): boolean {
  if (secret.length !== secretLength || !secret.startsWith(scheme)) return false;
  for (let index = scheme.length; index < secretLength; index++) {
    if (!isDigit(secret.charCodeAt(index))) return false;
  }
  return secret.endsWith(checksumOf(secret.slice(0, -checksumDigits)));
}

/**
 * HMAC-SHA-256 of a secret: the only form in which it is stored, cached and sent. Who hashes often
 * gives a pepper that has been made a key once, which is twice as fast.
 */
export const hashSecret = (
  pepper: Uint8Array | KeyObject,
  secret: string,
): Uint8Array<ArrayBuffer> => new Uint8Array(createHmac("sha256", pepper).update(secret).digest());

/** What may be shown of a secret for ever, so that its owner recognises it. */
export const displayParts = (secret: string) => ({
  prefix: secret.slice(0, scheme.length + digitsShown),
  lastFour: secret.slice(-4),
});

function checksumOf(payload: string): string {
  let text = "";
  for (let rest = crc32(payload); text.length < checksumDigits; rest = Math.floor(rest / 62)) {
    text = alphabet.charAt(rest % 62) + text;
  }
  return text;
}

/** Base 62 of a number beyond 2^53. Bigints are too slow for the checksum, which every call pays. */
function randomToBase62(value: bigint): string {
  let text = "";
  for (let rest = value; text.length < randomDigits; rest /= 62n) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
  }
  return text;
}

/** Whether a UTF-16 code unit is one of the alphabet: 0-9, A-Z, a-z. */
const isDigit = (code: number) =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
