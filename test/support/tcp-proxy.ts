import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { freePort } from "./ports.ts";

/** A TCP proxy that can fail as a network does: its connections cut, its port gone. */
export interface TcpProxy {
  /** `host:port` */
  readonly address: string;
  /** Cuts every connection; new ones are taken. */
  cut(): void;
  /** Hands nothing on any more, with every connection open. */
  freeze(): void;
  /** Cuts every connection and refuses new ones. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startTcpProxy(t: TestContext, target: string): Promise<TcpProxy> {
  const [host = "", port = ""] = target.split(":");
  const proxyPort = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const proxy: TcpProxy = {
    address: `127.0.0.1:${proxyPort}`,
    cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async stop() {
      if (!server) return;
      server.close();
      proxy.cut();
      await once(server, "close");
      server = undefined;
    },
    async start() {
      server = createServer((socket) => {
        const upstream = connect(Number(port), host);
        for (const each of [socket, upstream]) {
          sockets.add(each);
          each.on("error", () => proxy.cut());
        }
        socket.pipe(upstream).pipe(socket);
      }).listen(proxyPort, "127.0.0.1");
      await once(server, "listening");
    },
  };
  t.after(() => proxy.stop());
  await proxy.start();
  return proxy;
}
