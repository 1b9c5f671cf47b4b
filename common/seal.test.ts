import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { seal, unseal } from "./seal.ts";

const key = randomBytes(32);
const secret = Buffer.from("sk-upstream-credential");

test("what was sealed is read again with the same key and binding", () => {
  assert.deepEqual(Buffer.from(unseal(key, seal(key, secret, "channel:1"), "channel:1")), secret);
  assert.equal(unseal(key, seal(key, new Uint8Array(), "empty"), "empty").length, 0);
});

test("a sealed value does not contain the secret and never looks the same twice", () => {
  const [one, other] = [seal(key, secret, "channel:1"), seal(key, secret, "channel:1")];
  assert.equal(Buffer.from(one).includes(secret), false);
  assert.notDeepEqual(one, other);
});

test("another binding or another key does not open it", () => {
  const sealed = seal(key, secret, "channel:1");
  assert.throws(() => unseal(key, sealed, "channel:2"), /channel:2 cannot be opened/);
  assert.throws(() => unseal(randomBytes(32), sealed, "channel:1"), /cannot be opened/);
});

test("a change of any byte, or a cut at any place, is noticed", () => {
  const sealed = seal(key, secret, "channel:1");
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
    assert.throws(() => unseal(key, changed, "channel:1"));
    assert.throws(() => unseal(key, sealed.subarray(0, at), "channel:1"));
  }
});
