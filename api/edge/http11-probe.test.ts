import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { exchangeBytes, isWhole, startTestEdge, statusOf } from "../../test/support/edge.ts";
import { answerJson } from "./answer.ts";
import { readBody } from "./body.ts";
import type { Route } from "./route.ts";

interface Vector {
  readonly id: string;
  /** Such as "400 or close", "2xx or 400", "400/close/timeout", "!101". */
  readonly expected: string;
  readonly rawRequest: string;
}

const file = new URL("../../../shared/data/http11-probe.json", import.meta.url);
const vectors: Vector[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

const home: Route = {
  pattern: "/",
  async handle(exchange) {
    await readBody(exchange, { bytesMax: 64 * 1024 });
    answerJson(exchange, 200, {});
  },
};

let edge: Awaited<ReturnType<typeof startTestEdge>>;
before(async () => {
  edge = await startTestEdge(
    { exact: { "/": home } },
    { limits: { headerTimeoutMs: 300, bodyTimeoutMs: 600 } },
  );
});
after(() => edge.stop());

test("the HTTP/1.1 vectors are there", { skip: vectors.length > 0 ? false : `no ${file}` }, () => {
  assert.equal(vectors.length, 64);
});

test("every HTTP/1.1 vector gets what it should", { concurrency: true }, async (suite) => {
  await Promise.all(
    vectors.map((vector) =>
      suite.test(vector.id, async () => {
        const answer = await exchangeBytes(edge.url, vector.rawRequest, isWhole);
        const status = statusOf(answer);
        assert.ok(isExpected(vector.expected, status), `${vector.expected}: got ${status}`);
      }),
    ),
  );
});

// The vectors hold "?" where their authors had bytes beyond ASCII; these are those bytes.
const beyondAscii: readonly [name: string, bytes: string][] = [
  ["a path in UTF-8", "GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a query in UTF-8", "GET /?q=caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a header name in UTF-8", "GET / HTTP/1.1\r\nHost: a\r\nX-T\xc3\xab: v\r\n\r\n"],
  ["a Host in UTF-8", "GET / HTTP/1.1\r\nHost: caf\xc3\xa9\r\n\r\n"],
  ["a control in a header", "GET / HTTP/1.1\r\nHost: a\r\nX-T: a\x07\x08b\r\n\r\n"],
];
for (const [name, bytes] of beyondAscii) {
  test(`${name} is refused`, async () => {
    assert.equal(statusOf(await exchangeBytes(edge.url, bytes, isWhole)), 400);
  });
}

const ambiguous: readonly [name: string, lines: string[]][] = [
  [
    "two Authorization headers",
    ["GET / HTTP/1.1", "Host: a", "Authorization: a", "Authorization: b"],
  ],
  [
    "the same Content-Length twice",
    ["POST / HTTP/1.1", "Host: a", "Content-Length: 0", "Content-Length: 0"],
  ],
  ["chunks in HTTP/1.0", ["POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked", "", "0"]],
  ["an unknown expectation", ["POST / HTTP/1.1", "Host: a", "Expect: much"]],
  ["a target with a fragment", ["GET /#a HTTP/1.1", "Host: a"]],
  ["a target without a slash", ["GET a HTTP/1.1", "Host: a"]],
  ["a dot segment", ["GET /a/../b HTTP/1.1", "Host: a"]],
  ["an encoded dot segment", ["GET /a/%2e%2E/b HTTP/1.1", "Host: a"]],
  ["an empty segment", ["GET //v1/models HTTP/1.1", "Host: a"]],
  ["an encoded slash", ["GET /v1%2Fmodels HTTP/1.1", "Host: a"]],
  ["an encoded backslash", ["GET /a%5cb HTTP/1.1", "Host: a"]],
  ["an encoded NUL", ["GET /a%00 HTTP/1.1", "Host: a"]],
  ["a broken escape", ["GET /a%f HTTP/1.1", "Host: a"]],
  ["an escape that is not UTF-8", ["GET /a%ff HTTP/1.1", "Host: a"]],
  ["an absolute target for another host", ["GET http://b/ HTTP/1.1", "Host: a"]],
  ["an absolute target with userinfo", ["GET http://u@a/ HTTP/1.1", "Host: a"]],
  ["an unknown scheme", ["GET ftp://a/ HTTP/1.1", "Host: a"]],
  ["HTTP/2.0 in clear text", ["GET / HTTP/2.0", "Host: a"]],
];
for (const [name, lines] of ambiguous) {
  test(`${name}: refused`, async () => {
    const bytes = `${lines.join("\r\n")}\r\n\r\n`;
    assert.equal(statusOf(await exchangeBytes(edge.url, bytes, isWhole)), 400);
  });
}

/** An attack may also be met by any other 4xx, or by silence and the time-out that follows. */
function isExpected(expected: string, status: number): boolean {
  const wanted = expected.replace(/,[^,]*\(warn\)/, "");
  if (wanted.startsWith("!")) return status !== Number(wanted.slice(1)) && status > 0;
  if (wanted.includes("2xx") && status >= 200 && status < 300) return true;
  if (wanted.includes(String(status))) return true;
  const refuses = wanted.includes("400") || wanted.includes("405");
  return refuses && (status === 0 || (status >= 400 && status < 500));
}
