import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Program } from "./find-or-install.ts";
import { freePort } from "./free-ports.ts";
import { startGuardedProcess } from "./guarded-process.ts";
import type { Server, ServerOptions } from "./server.ts";
import { untilReady } from "./until-ready.ts";

export const redisProgram: Program = {
  names: ["redis-server", "valkey-server"],
  debianPackage: "redis-server",
  advice: "install Redis or Valkey (`brew install valkey`, `dnf install valkey`)",
};

/** Starts a Redis that keeps nothing on disk; its address is a `redis://` URL. */
export async function startRedis({ program, folder, watchdog }: ServerOptions): Promise<Server> {
  const port = await freePort();
  const data = join(folder, "redis");
  mkdirSync(data, { recursive: true });
  const start = async () => {
    const server = await startGuardedProcess({
      name: "redis",
      program,
      parameters: [
        ...["--bind", "127.0.0.1", "--port", String(port), "--dir", data],
        ...["--save", "", "--appendonly", "no"],
      ],
      watchdog,
      logFile: join(folder, "redis.log"),
    });
    await untilReady(server, () => ping(port));
    return server;
  };
  let running = await start();
  return {
    name: "redis",
    address: `redis://127.0.0.1:${port}`,
    pid: () => running.pid,
    stop: () => running.stop(),
    start: async () => {
      running = await start();
    },
  };
}

async function ping(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    if (!String(answer).startsWith("+PONG")) throw new Error("not ready yet");
  } finally {
    socket.destroy();
  }
}
