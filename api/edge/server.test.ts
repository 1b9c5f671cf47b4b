import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
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
    const body = await readBody(exchange, bodyBytesMax);
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
        "/endless": route("/endless", ({ response }) => {
          response.writeHead(200);
          response.write(Buffer.alloc(16 * 1024 * 1024));
          response.end();
        }),
      },
      prefixes: { "/v1/models/": seen },
      closed: ["/v1/"],
      fallback: createFetchRoute(application, 1_000),
    },
    {
      trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
      corsOrigins: ["https://app.example.com"],
      limits: {
        headerTimeoutMs: 300,
        bodyTimeoutMs: 600,
        stalledReaderTimeoutMs: 1_000,
        headerBytesMax: 8_000,
        headerCountMax: 20,
        pipelinedRequestsMax: 3,
        requestsInFlightMax: 30,
        lingerTimeoutMs: 500,
      },
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

const head = (lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;

test("headers that do not come in time end in 408", async () => {
  const answer = await exchangeBytes(
    edge.url,
    "GET /seen HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    isWhole,
  );
  assert.equal(statusOf(answer), 408);
});

test("a body that trickles ends in 408, in the shape of its path", async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
    let received = "";
    socket.write(head(["POST /v1/seen HTTP/1.1", "Host: a", "Content-Length: 1000"]));
    const trickle = setInterval(() => socket.write("x"), 50);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("close", () => {
      clearInterval(trickle);
      resolve(received);
    });
  });
  assert.equal(statusOf(answer), 408);
  assert.match(answer, /"code":"request.timeout"/);
});

test("too many or too large headers are 431", async () => {
  const many = Array.from({ length: 21 }, (_, index) => `X-${index}: v`);
  for (const lines of [many, [`X-Large: ${"x".repeat(9_000)}`]]) {
    const bytes = head(["GET /seen HTTP/1.1", "Host: a", ...lines]);
    assert.equal(statusOf(await exchangeBytes(edge.url, bytes, isWhole)), 431);
  }
});

test("a body that is announced too large is refused before it is sent", async () => {
  const bytes = head(["POST /seen HTTP/1.1", "Host: a", "Content-Length: 1000001"]);
  assert.equal(statusOf(await exchangeBytes(edge.url, bytes, isWhole)), 413);
});

test("a body that grows too large in chunks is refused, and the answer outlives the rest", async () => {
  const chunk = `${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`;
  const start = head(["POST /seen HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"]);
  const answer = await exchangeBytes(edge.url, start + chunk.repeat(15));
  assert.equal(statusOf(answer), 413);
  assert.match(answer, /connection: close/i);
  assert.ok(isWhole(answer));
});

test("who expects 100-continue gets it only for a body that is wanted", async () => {
  const ask = (path: string, length: number) =>
    exchangeBytes(
      edge.url,
      head([
        `POST ${path} HTTP/1.1`,
        "Host: a",
        "Expect: 100-continue",
        `Content-Length: ${length}`,
      ]),
      (received) => received.includes("100 Continue") || isWhole(received),
    );
  assert.equal(statusOf(await ask("/seen", 5)), 100);
  assert.equal(statusOf(await ask("/seen", 2_000_000)), 413);
  assert.equal(statusOf(await ask("/refuses", 5)), 403);
});

test("who pipelines too much is told 503, in turn, and let go", async () => {
  const one = head(["GET /seen HTTP/1.1", "Host: a"]);
  const answer = await exchangeBytes(edge.url, one.repeat(6));
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
  assert.deepEqual(statuses, ["200", "200", "200", "503"]);
});

test("garbage behind a good request does not take its answer away", async () => {
  const one = head(["GET /seen HTTP/1.1", "Host: a"]);
  const answer = await exchangeBytes(edge.url, `${one}\x00\x01garbage\r\n\r\n`);
  assert.equal(statusOf(answer), 200);
});

test("more requests than may be served at once are 503 with a time to come back; health is not", async () => {
  const clients = Array.from({ length: 30 }, () => {
    const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
    socket.write(head(["GET /silent HTTP/1.1", "Host: a"]));
    return socket;
  });
  let response = await get("/seen");
  while (response.status !== 503) response = await get("/seen");
  assert.equal(response.headers.get("retry-after"), "1");
  for (const socket of clients) socket.destroy();
  while ((await get("/seen")).status !== 200);
});

test("a client that takes nothing of an answer is let go", async () => {
  const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  socket.write(head(["GET /endless HTTP/1.1", "Host: a"]));
  const line = await edge.nextLine((entry) => entry["route"] === "/endless");
  socket.destroy();
  assert.equal(line["outcome"], "reader_stalled");
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
