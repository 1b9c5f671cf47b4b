import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { baseUrlFault, normalBaseUrl, sameOrigin } from "./base-url.ts";

const limits = { baseUrlCharsMax: 100 };

describe("base URLs", () => {
  for (const [text, normal] of [
    ["https://api.example.com/v1/", "https://api.example.com/v1"],
    ["HTTPS://API.Example.com:443", "https://api.example.com"],
    ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"],
    ["http://[::1]:8080//", "http://[::1]:8080"],
  ] as const) {
    it(`takes ${text}`, () => {
      assert.equal(baseUrlFault(text, limits), undefined);
      assert.equal(normalBaseUrl(text), normal);
    });
  }

  for (const text of [
    "api.example.com/v1",
    "ftp://example.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://user@example.com",
    "https://user:secret@example.com",
    "https://example.com/v1?",
    "https://example.com/v1?key=1",
    "https://example.com/#",
    " https://example.com",
    "https://example.com\\v1",
    "https://exa\nmple.com",
    "https://",
    `https://example.com/${"x".repeat(100)}`,
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.notEqual(baseUrlFault(text, limits), undefined);
    });
  }

  it("tells origins apart by scheme, host and port, and the provider's own from all others", () => {
    assert.ok(sameOrigin("https://a.example/v1", "https://a.example/v2"));
    assert.ok(sameOrigin("", ""));
    for (const other of ["http://a.example", "https://b.example", "https://a.example:8443", ""]) {
      assert.ok(!sameOrigin("https://a.example", other), other);
    }
  });
});
