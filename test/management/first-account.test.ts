import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { AllInOne } from "../../compose/all-in-one.ts";
import { startTestRouter } from "../support/all-in-one.ts";
import { exchangeBytes } from "../support/edge.ts";

const body = JSON.stringify({
  username: "ann",
  email: "ann@example.com",
  password: "correct horse battery staple",
});

suite("the first account of a router that listens on loopback", () => {
  let router: AllInOne;
  before(async () => {
    router = await startTestRouter({ user: { hashing: { bcryptCost: 4 } } });
  });
  after(() => router.stop());

  const register = (headers: readonly string[]) => {
    const length = `Content-Length: ${body.length}`;
    const lines = ["POST /api/v1/auth/register HTTP/1.1", ...headers, length];
    const head = [...lines, "Content-Type: application/json", "Connection: close"].join("\r\n");
    return exchangeBytes(router.url, `${head}\r\n\r\n${body}`);
  };

  const fromElsewhere: Readonly<Record<string, readonly string[]>> = {
    "through a proxy on the same host": ["Host: 127.0.0.1:8888", "X-Forwarded-For: 192.0.2.7"],
    "through a proxy that says so in its own way": ["Host: localhost", "Via: 1.1 front"],
    "under the public name that a proxy passes on": ["Host: llm.example.com"],
    "from a page whose name leads to loopback": ["Host: rebound.example:8888"],
    "under a name that only begins like loopback": ["Host: 127.0.0.1.example.com"],
  };
  for (const [how, headers] of Object.entries(fromElsewhere)) {
    test(`is not given away ${how}`, async () => {
      const answer = await register(headers);
      assert.match(answer, /^HTTP\/1\.1 403 /);
      assert.match(answer, /registration\.setup_token_required/);
    });
  }

  test("is made on the machine itself without a token", async () => {
    assert.match(await register(["Host: localhost:8888"]), /^HTTP\/1\.1 201 /);
  });
});
