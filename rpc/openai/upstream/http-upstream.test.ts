import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { OpenAIConfig } from "../config.ts";
import { createHttpUpstream } from "./http-upstream.ts";

/** Takes connections on a free port, and a way to send requests there, as configured by default. */
async function startOrigin(t: TestContext, scheme: string, onConnection: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream = createHttpUpstream(OpenAIConfig.parse({}));
  t.after(async () => {
    await upstream.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const request = { url, headers: {}, body: undefined, allowPrivateNetwork: true };
  const { signal } = new AbortController();
  return () => upstream.send({ ...request, method: "GET" }, signal);
}

test("an idle connection is closed before servers that close theirs after 5 s do it", async (t) => {
  const closed = Promise.withResolvers<void>();
  const send = await startOrigin(t, "http", (socket) => {
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    socket.on("end", closed.resolve);
  });
  const { body } = await send();
  await Array.fromAsync(body);
  const idleSince = performance.now();
  await closed.promise;
  const idleMs = performance.now() - idleSince;
  assert.ok(idleMs < 4_900, `${idleMs} ms`);
});

test("requests do not wait for each other's TLS handshakes", { timeout: 5_000 }, async (t) => {
  let connections = 0;
  const all = Promise.withResolvers<void>();
  const send = await startOrigin(t, "https", () => {
    connections += 1;
    if (connections === 3) all.resolve();
  });
  for (let sent = 0; sent < 3; sent += 1) send().catch(() => {});
  await all.promise;
});
