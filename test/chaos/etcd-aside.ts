import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createEtcd, type Etcd } from "../../common/etcd/etcd.ts";
import { EtcdConfig } from "../../common/etcd/etcd-config.ts";
import { currentRevision } from "../../common/etcd/kv.ts";
import { KV } from "../../gen/common/etcd/etcd_pb.ts";
import type { Cluster } from "../../scripts/cluster/start-cluster.ts";
import { etcdProgram } from "../../scripts/servers/etcd.ts";
import { findProgram } from "../../scripts/servers/find-or-install.ts";
import { freePorts } from "../../scripts/servers/free-ports.ts";

/**
 * Starts the cluster's stopped etcd where nobody looks for it, has it changed, lets it forget how it
 * came to be so, and stops it again.
 */
export async function changeAside(
  { folder }: Cluster,
  change: (etcd: Etcd) => Promise<void>,
): Promise<void> {
  const [port, peerPort] = await freePorts(2);
  const endpoint = `127.0.0.1:${port}`;
  const child = spawn(
    findProgram(etcdProgram) ?? "etcd",
    [
      ...["--data-dir", join(folder, "etcd"), "--log-level", "error"],
      ...["--listen-client-urls", `http://${endpoint}`],
      ...["--advertise-client-urls", `http://${endpoint}`],
      ...["--listen-peer-urls", `http://127.0.0.1:${peerPort}`],
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const etcd = createEtcd(EtcdConfig.parse({ endpoints: [endpoint], requestTimeoutMs: 15_000 }));
  try {
    await change(etcd);
    await etcd.unary(KV.method.compact, { revision: await currentRevision(etcd) });
  } finally {
    etcd.close();
    child.kill("SIGTERM");
    await exited;
  }
}
