import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Dispatcher, Pool } from "undici";

/**
 * The measure: the least that a proxy can do with the same two libraries. It reads the body, sends
 * it on, and hands the answer back with backpressure and aborts. It knows no keys, routes or usage.
 *
 * Run as `node bench/bare-proxy.ts <upstream origin> [port]`; prints `ready <origin>`.
 */
export async function startBareProxy(upstream: string, port = 0): Promise<string> {
  const pool = new Pool(upstream, { connections: 10_000, allowH2: false });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    pool.dispatch(
      {
        method: "POST",
        path: request.url ?? "/",
        headers: { "content-type": "application/json" },
        body: Buffer.concat(chunks),
      },
      passThrough(response),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function passThrough(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      response.on("close", () => controller.abort(new Error("closed")));
      response.on("drain", () => controller.resume());
    },
    onResponseStart(_controller, status, { connection: _, "transfer-encoding": __, ...headers }) {
      response.writeHead(status, headers);
    },
    onResponseData(controller, chunk) {
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      response.destroy();
    },
  };
}

if (import.meta.main) {
  const [upstream, port] = process.argv.slice(2);
  if (!upstream) throw new Error("usage: node bench/bare-proxy.ts <upstream origin> [port]");
  console.log(`ready ${await startBareProxy(upstream, Number(port ?? 0))}`);
}
