import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCredentials } from "./credentials.ts";

const credentials = createCredentials(new Uint8Array(32).fill(1));
const secret = "sk-canary-0123456789";
const sealed = credentials.seal("one", secret);

describe("a channel's credential", () => {
  it("is recognised under its own channel only, whatever spaces stand around it", () => {
    assert.ok(credentials.matches("one", sealed, `${secret}\n`));
    assert.ok(!credentials.matches("two", sealed, secret));
    assert.ok(!credentials.matches("one", sealed, "sk-other"));
    assert.ok(credentials.matches("one", undefined, " "));
    assert.ok(!createCredentials(new Uint8Array(32)).matches("one", sealed, secret));
  });

  it("is sealed to other bytes each time, and to none when empty", () => {
    assert.notDeepEqual(credentials.seal("one", secret), sealed);
    assert.equal(credentials.seal("one", " "), undefined);
  });

  it("is blotted out of a text, also where the text was cut in its middle", () => {
    const message = `Bad key ${secret}, really ${secret}`;
    assert.equal(
      credentials.blotOut("one", sealed, message),
      "Bad key [credential], really [credential]",
    );
    for (let length = 4; length <= secret.length; length++) {
      const cut = `Bad key ${secret.slice(0, length)}`;
      assert.equal(credentials.blotOut("one", sealed, cut), "Bad key [credential]");
    }
    assert.equal(credentials.blotOut("one", sealed, "Quota exceeded"), "Quota exceeded");
  });
});
