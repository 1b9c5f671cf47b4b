import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { ConfigError } from "../../common/config.ts";
import { AppError } from "../../common/errors.ts";
import {
  exchangeBytes,
  isWhole,
  recordLog,
  startTestEdge,
  statusOf,
} from "../../test/support/edge.ts";
import { GatewayConfig } from "../config.ts";
import { answerJson } from "./answer.ts";
import { readBody } from "./body.ts";
import { createFetchRoute } from "./fetch-route.ts";
import type { Route } from "./route.ts";
import { startEdge } from "./server.ts";

const bodyBytesMax = 1_000_000;

const seen: Route = {
  pattern: "/seen",
  methods: ["GET", "POST"],
  async handle(exchange) {
    const body = await readBody(exchange, { bytesMax: bodyBytesMax });
    const { record, parameter, call } = exchange;
    answerJson(exchange, 200, {
      path: record.path,
      query: record.query,
      ip: record.ip,
      requestId: record.requestId,
      traceparent: call.traceparent ?? null,
      parameter,
      bytes: body.length,
    });
  },
};

const thrown: readonly unknown[] = [
  new Error("secret detail"),
  "secret detail",
  undefined,
  null,
  { secret: "detail" },
  Object.create(null),
];

const route = (pattern: string, handle: Route["handle"]): Route => ({ pattern, handle });

const application = {
  async fetch(request: Request) {
    if (request.url.endsWith("/broken")) throw new Error("secret detail");
    const body = await request.text();
    return Response.json({ method: request.method, url: request.url, body });
  },
};

let edge: Awaited<ReturnType<typeof startTestEdge>>;
before(async () => {
  const throwing = thrown.map((value, index) => [
    `/throw/${index}`,
    route(`/throw/${index}`, () => {
      throw value;
    }),
  ]);
  edge = await startTestEdge(
    {
      exact: {
        "/seen": seen,
        "/v1/seen": seen,
        ...Object.fromEntries(throwing),
        "/throw/late": route("/throw/late", ({ response }) => {
          response.writeHead(200);
          response.write("begun");
          throw new Error("secret detail");
        }),
        "/refuses": route("/refuses", () => {
          throw new AppError("auth.forbidden", "No.");
        }),
        "/silent": route("/silent", ({ record }) => aborted(record.signal)),
      },
      prefixes: { "/v1/models/": seen },
      closed: ["/v1/"],
      fallback: createFetchRoute(application, () => ({ bytesMax: 1_000 })),
    },
    {
      trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
      corsOrigins: ["https://app.example.com"],
    },
  );
});
after(() => edge.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(edge.url + path, { headers });

const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

test("a request gets an id of ours, in its answer, its error and its log line", async () => {
  const response = await get("/refuses");
  const id = response.headers.get("x-request-id") ?? "";
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.equal((await json(response))["request_id"], id);
  const line = await edge.nextLine(({ requestId }) => requestId === id);
  assert.equal(line["status"], 403);
  assert.equal(line["errorCode"], "auth.forbidden");
});

test("an id that was sent is kept when it is safe, and replaced when it is not", async () => {
  const kept = await get("/seen", { "x-request-id": "trace-1:a/b=" });
  assert.equal(kept.headers.get("x-request-id"), "trace-1:a/b=");
  for (const bad of ["a b", 'a"b', "a".repeat(129), "a,b"]) {
    const replaced = await get("/seen", { "x-request-id": bad });
    assert.match(replaced.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  }
});

test("a trace context is handed on when it is one", async () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  assert.equal((await json(await get("/seen", { traceparent })))["traceparent"], traceparent);
  assert.equal((await json(await get("/seen", { traceparent: "x" })))["traceparent"], null);
});

test("the client is the first address from the right that no trusted proxy has", async () => {
  const addresses: readonly [forwarded: string, ip: string][] = [
    ["198.51.100.7", "198.51.100.7"],
    ["203.0.113.9, 198.51.100.7, 10.1.1.1", "198.51.100.7"],
    ["10.2.2.2, 10.1.1.1", "10.2.2.2"],
    ["198.51.100.7, nonsense, 10.1.1.1", "10.1.1.1"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
  ];
  for (const [forwarded, ip] of addresses) {
    const answer = await json(await get("/seen", { "x-forwarded-for": forwarded }));
    assert.equal(answer["ip"], ip, forwarded);
  }
});

test("a path is decoded once; a name below /v1/models/ may hold slashes, encoded or not", async () => {
  for (const name of ["meta-llama/Llama-3:free", "meta-llama%2FLlama-3%3Afree"]) {
    const answer = await json(await get(`/v1/models/${name}?a=%2F`));
    assert.equal(answer["parameter"], "meta-llama/Llama-3:free");
    assert.equal(answer["query"], "a=%2F");
  }
});

test("an absolute target is served like its path", async () => {
  const request = "GET http://a/seen?b=c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const answer = await exchangeBytes(edge.url, request, isWhole);
  assert.match(answer, /"path":"\/seen","query":"b=c"/);
});

test("an unknown data plane path is 404 in OpenAI's shape", async () => {
  const response = await get("/v1/nothing");
  assert.equal(response.status, 404);
  assert.deepEqual(Object.keys((await json(response))["error"] as object), [
    "message",
    "type",
    "param",
    "code",
  ]);
});

test("a method that is not served is 405 and told which are", async () => {
  const response = await fetch(`${edge.url}/v1/seen`, { method: "DELETE" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, POST, HEAD, OPTIONS");
});

test("HEAD is GET without the body", async () => {
  const response = await fetch(`${edge.url}/seen`, { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.ok(Number(response.headers.get("content-length")) > 0);
});

test("CONNECT is refused", async () => {
  const answer = await exchangeBytes(
    edge.url,
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    isWhole,
  );
  assert.equal(statusOf(answer), 400);
});

test("an upgrade is never made", async () => {
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
  const request = `GET /seen HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n\r\n`;
  assert.equal(statusOf(await exchangeBytes(edge.url, request, isWhole)), 200);
});

test("a page of a configured origin may call the data plane, another may not", async () => {
  const origin = "https://app.example.com";
  const preflight = await fetch(`${edge.url}/v1/seen`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "authorization,content-type");
  const answer = await get("/v1/seen", { origin });
  assert.equal(answer.headers.get("access-control-allow-origin"), origin);
  const stranger = await get("/v1/seen", { origin: "https://evil.example.com" });
  assert.equal(stranger.headers.get("access-control-allow-origin"), null);
});

thrown.forEach((_, index) => {
  test(`whatever a handler throws (${index}) is a 500 with one log line and no detail`, async () => {
    const response = await get(`/throw/${index}`);
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.ok(!text.includes("secret") && !text.includes(".ts"));
    const id = response.headers.get("x-request-id");
    await edge.nextLine((line) => line["requestId"] === id && line["msg"] === "request");
    const errors = edge.lines.filter((line) => line["requestId"] === id && "error" in line);
    assert.equal(errors.length, 1);
  });
});

test("a throw after the answer began breaks the connection, so it cannot pass for whole", async () => {
  await assert.rejects(async () => (await get("/throw/late")).text());
  assert.equal((await get("/seen")).status, 200);
});

test("a throw in an application is a 500 in the management shape", async () => {
  const response = await get("/broken");
  assert.equal(response.status, 500);
  const { code, error, message } = await json(response);
  assert.deepEqual([code, error, message], [500, "internal", "Something went wrong on our side."]);
});

test("an application gets method, target and body, within its limit", async () => {
  const response = await fetch(`${edge.url}/app?x=1`, { method: "POST", body: "hello" });
  const answer = await json(response);
  assert.deepEqual([answer["method"], answer["body"]], ["POST", "hello"]);
  assert.match(String(answer["url"]), /\/app\?x=1$/);
  const large = await fetch(`${edge.url}/app`, { method: "POST", body: "x".repeat(1_001) });
  assert.equal(large.status, 413);
  assert.equal((await json(large))["error"], "request.too_large");
});

test("a client that leaves is told apart in the log", async () => {
  const controller = new AbortController();
  const asked = fetch(`${edge.url}/silent`, {
    headers: { "x-request-id": "leaver" },
    signal: controller.signal,
  });
  asked.catch(() => {});
  setTimeout(() => controller.abort(), 50);
  const line = await edge.nextLine(({ requestId }) => requestId === "leaver");
  assert.deepEqual([line["status"], line["outcome"]], [499, "client_gone"]);
});

test("the access line counts bytes and never shows query, headers or body", async () => {
  await fetch(`${edge.url}/seen?token=canary`, {
    method: "POST",
    headers: { "x-request-id": "counted", authorization: "Bearer canary", cookie: "canary" },
    body: "canary".repeat(1_000),
  });
  const line = await edge.nextLine(({ requestId }) => requestId === "counted");
  assert.ok(Number(line["bytesIn"]) > 6_000);
  assert.ok(Number(line["bytesOut"]) > 100);
  assert.ok(Number(line["durationMs"]) >= Number(line["ttfbMs"]));
  assert.ok(!JSON.stringify(edge.lines).includes("canary"));
});

test("a port in use is one sentence", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" ? Number(address?.port) : 0;
  const options = {
    config: GatewayConfig.parse({}),
    log: recordLog().log,
    findRoute: () => undefined,
  };
  await assert.rejects(startEdge({ ...options, host: "127.0.0.1", port }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(
      error.message,
      `cannot listen on 127.0.0.1:${port}: another program is listening there`,
    );
    return true;
  });
  other.close();
});

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
