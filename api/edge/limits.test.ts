import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { AppError } from "../../common/errors.ts";
import { exchangeBytes, isWhole, startTestEdge, statusOf } from "../../test/support/edge.ts";
import { answerJson } from "./answer.ts";
import { readBody } from "./body.ts";
import type { Route } from "./route.ts";

const seen: Route = {
  pattern: "/seen",
  async handle(exchange) {
    const body = await readBody(exchange, { bytesMax: 1_000_000 });
    answerJson(exchange, 200, { bytes: body.length });
  },
};
const refuses: Route = {
  pattern: "/refuses",
  handle() {
    throw new AppError("auth.forbidden", "No.");
  },
};
const silent: Route = {
  pattern: "/silent",
  handle: ({ record: { signal } }) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
};
const endless: Route = {
  pattern: "/endless",
  handle({ response }) {
    response.writeHead(200);
    response.end(Buffer.alloc(16 * 1024 * 1024));
  },
};

/** Gives its bodies less time than the server does. */
const hurried: Route = {
  pattern: "/hurried",
  async handle(exchange) {
    await readBody(exchange, { bytesMax: 1_000_000, timeoutMs: 100 });
  },
};

let onHeld = () => {};
let release = () => {};
const released = new Promise<void>((resolve) => {
  release = resolve;
});
/** Holds its body until it is released. */
const held: Route = {
  pattern: "/held",
  async handle(exchange) {
    await readBody(exchange, { bytesMax: 1_000_000 });
    onHeld();
    await released;
    answerJson(exchange, 200, {});
  },
};

/** Asks for its body only when the client has left. */
const late: Route = {
  pattern: "/late",
  async handle(exchange) {
    onHeld();
    await once(exchange.record.signal, "abort");
    await readBody(exchange, { bytesMax: 1_000_000 });
  },
};

let edge: Awaited<ReturnType<typeof startTestEdge>>;
before(async () => {
  edge = await startTestEdge(
    {
      exact: {
        "/seen": seen,
        "/v1/seen": seen,
        "/hurried": hurried,
        "/refuses": refuses,
        "/silent": silent,
        "/endless": endless,
        "/held": held,
        "/late": late,
      },
    },
    {
      limits: {
        headerTimeoutMs: 300,
        bodyTimeoutMs: 600,
        stalledReaderTimeoutMs: 1_000,
        headerBytesMax: 8_000,
        headerCountMax: 20,
        bodiesBytesMax: 1_500_000,
        pipelinedRequestsMax: 3,
        requestsInFlightMax: 30,
        lingerTimeoutMs: 500,
      },
    },
  );
});
after(() => edge.stop());

const get = (path: string) => fetch(edge.url + path);

const head = (lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;

test("headers that do not come in time end in 408", async () => {
  const answer = await exchangeBytes(
    edge.url,
    "GET /seen HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    isWhole,
  );
  assert.equal(statusOf(answer), 408);
});

/** Sends a request whose body comes byte by byte and never ends; tells what is answered, and when. */
const trickling = (path: string) =>
  new Promise<{ answer: string; afterMs: number }>((resolve) => {
    const startedMs = performance.now();
    let afterMs = 0;
    const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
    let received = "";
    socket.write(head([`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 1000"]));
    const trickle = setInterval(() => socket.write("x"), 50);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      afterMs ||= performance.now() - startedMs;
      received += chunk;
    });
    socket.on("close", () => {
      clearInterval(trickle);
      resolve({ answer: received, afterMs });
    });
  });

test("a body that trickles ends in 408, in the shape of its path", async () => {
  const { answer } = await trickling("/v1/seen");
  assert.equal(statusOf(answer), 408);
  assert.match(answer, /"code":"request.timeout"/);
});

test("who has not shown who they are has less time for a body", async () => {
  const { answer, afterMs } = await trickling("/hurried");
  assert.equal(statusOf(answer), 408);
  assert.match(answer, /"error":"request.timeout"/);
  // Without a time of its own it would be the 600 ms of all.
  assert.ok(afterMs < 500, `${afterMs} ms`);
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

test("bodies that are too large together are 503 until others are done", async () => {
  const ask = async () => {
    const { status } = await fetch(`${edge.url}/held`, {
      method: "POST",
      body: "x".repeat(900_000),
    });
    return status;
  };
  const held = ask();
  await new Promise<void>((resolve) => {
    onHeld = resolve;
  });
  assert.equal(await ask(), 503);
  release();
  assert.equal(await held, 200);
  assert.equal(await ask(), 200);
});

for (const { how, framing, leave } of [
  { how: "whose client closes its side", framing: "Content-Length: 1000000", leave: true },
  {
    how: "whose chunks are broken",
    framing: "Transfer-Encoding: chunked\r\n\r\n80000",
    leave: false,
  },
  { how: "that stops coming", framing: "Content-Length: 1000000", leave: false },
]) {
  test(`a body ${how} in the middle is let go of, and its request is logged`, async () => {
    const start = head(["POST /seen HTTP/1.1", "Host: a", `X-Request-Id: ${how.length}`, framing]);
    const breakOff = () =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
        socket.on("error", () => {});
        socket.on("close", () => resolve());
        socket.resume().write(start + "x".repeat(700_000));
        if (leave) socket.end();
      });
    // Three of them are more than may be held at once.
    await Promise.all([breakOff(), breakOff()]);
    await breakOff();
    await edge.nextLine(({ requestId }) => requestId === String(how.length));
    const { status } = await fetch(`${edge.url}/seen`, {
      method: "POST",
      body: "x".repeat(900_000),
    });
    assert.equal(status, 200);
  });
}

test("who leaves before the body is asked for is let go of, and the request is logged", async () => {
  const entered = new Promise<void>((resolve) => {
    onHeld = resolve;
  });
  const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
  socket.write(head(["POST /late HTTP/1.1", "Host: a", "Content-Length: 1000"]));
  await entered;
  socket.resetAndDestroy();
  const line = await edge.nextLine(({ route }) => route === "/late");
  assert.equal(line["outcome"], "client_gone");
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
