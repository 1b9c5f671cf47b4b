import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { displayParts, generateSecret, hashSecret, isWellFormed } from "./api-key.ts";

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secrets = bytes.map((random) => generateSecret(() => random));
const characters = fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom("0", "z"));

test("every generated secret has one length, one alphabet, and is well formed", () => {
  fc.assert(
    fc.property(secrets, (secret) => {
      assert.match(secret, /^sk-ar-[0-9A-Za-z]{49}$/);
      assert.equal(isWellFormed(secret), true);
    }),
  );
});

test("a secret carries all of its 256 random bits, also at both ends of their range", () => {
  const lowest = generateSecret(() => new Uint8Array(32));
  const highest = generateSecret(() => new Uint8Array(32).fill(255));
  assert.equal(lowest.slice(6, 49), "0".repeat(43));
  assert.equal(isWellFormed(highest), true);
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      const same = Buffer.compare(one, other) === 0;
      assert.equal(generateSecret(() => one) === generateSecret(() => other), same);
    }),
  );
});

test("any change of one character is rejected", () => {
  fc.assert(
    fc.property(secrets, fc.nat({ max: 54 }), characters, (secret, index, character) => {
      const changed = secret.slice(0, index) + character + secret.slice(index + 1);
      assert.equal(isWellFormed(changed), changed === secret);
    }),
    { numRuns: 2_000 },
  );
});

test("two swapped neighbours, a missing and a further character are rejected", () => {
  fc.assert(
    fc.property(secrets, fc.nat({ max: 53 }), characters, (secret, index, character) => {
      const [head, left, right, tail] = [
        secret.slice(0, index),
        secret.charAt(index),
        secret.charAt(index + 1),
        secret.slice(index + 2),
      ];
      assert.equal(isWellFormed(head + right + left + tail), left === right);
      assert.equal(isWellFormed(head + right + tail), false);
      assert.equal(isWellFormed(head + left + character + right + tail), false);
    }),
  );
});

test("anything else is rejected without complaint", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !isWellFormed(text)));
  assert.equal(isWellFormed(`sk-ar-${"0".repeat(1_000_000)}`), false);
});

test("secrets are hashed with HMAC-SHA-256 under the pepper", () => {
  const pepper = new Uint8Array(32).fill(7);
  const secret = generateSecret();
  const expected = createHmac("sha256", pepper).update(secret).digest();
  assert.deepEqual(Buffer.from(hashSecret(pepper, secret)), expected);
  assert.notDeepEqual(hashSecret(new Uint8Array(32), secret), hashSecret(pepper, secret));
});

test("what is shown of a secret is its first ten and last four characters", () => {
  const secret = generateSecret(() => new Uint8Array(32));
  const { prefix, lastFour } = displayParts(secret);
  assert.equal(prefix, "sk-ar-0000");
  assert.equal(lastFour, secret.slice(51));
});
