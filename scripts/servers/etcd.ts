import { join } from "node:path";
import type { Program } from "./find-or-install.ts";
import { freePorts } from "./free-ports.ts";
import { startGuardedProcess } from "./guarded-process.ts";
import type { Server, ServerOptions } from "./server.ts";
import { untilReady } from "./until-ready.ts";

export const etcdProgram: Program = {
  names: ["etcd"],
  debianPackage: "etcd-server",
  advice: "install etcd 3.4 or newer (`brew install etcd`, or https://etcd.io)",
};

/** Starts an etcd of one member; its address is `host:port`. */
export async function startEtcd({ program, folder, watchdog }: ServerOptions): Promise<Server> {
  const [client = 0, peer = 0] = await freePorts(2);
  const address = `127.0.0.1:${client}`;
  const start = async () => {
    const server = await startGuardedProcess({
      name: "etcd",
      program,
      parameters: parametersOf(join(folder, "etcd"), address, `http://127.0.0.1:${peer}`),
      watchdog,
      logFile: join(folder, "etcd.log"),
    });
    await untilReady(server, async () => {
      const response = await fetch(`http://${address}/health`);
      if (!(await response.text()).includes("true")) throw new Error("not healthy yet");
    });
    return server;
  };
  let running = await start();
  return {
    name: "etcd",
    address,
    pid: () => running.pid,
    stop: () => running.stop(),
    start: async () => {
      running = await start();
    },
  };
}

const parametersOf = (data: string, address: string, peerUrl: string) => [
  "--name=default",
  `--data-dir=${data}`,
  `--listen-client-urls=http://${address}`,
  `--advertise-client-urls=http://${address}`,
  `--listen-peer-urls=${peerUrl}`,
  `--initial-advertise-peer-urls=${peerUrl}`,
  `--initial-cluster=default=${peerUrl}`,
  "--logger=zap",
  "--log-level=warn",
];
