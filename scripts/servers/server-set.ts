import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { etcdProgram, startEtcd } from "./etcd.ts";
import { adviceFor, findProgram, installMissing, type Program } from "./find-or-install.ts";
import { postgresProgram, startPostgres } from "./postgres.ts";
import { redisProgram, startRedis } from "./redis.ts";
import type { Server } from "./server.ts";
import type { Watchdog } from "./watchdog.ts";

/** The servers of the distributed deployment, as far as they could be had. */
export interface ServerSet {
  readonly etcd?: Server;
  readonly postgres?: Server;
  readonly redis?: Server;
  /** One sentence for each that could not be started. */
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

export interface ServerSetOptions {
  /** Holds the data and logs of all. */
  readonly folder: string;
  readonly watchdog: Watchdog;
  /** Whether an acknowledged write survives power loss. */
  readonly durable: boolean;
}

/** Finds or installs the servers and starts one of each on free ports. */
export async function startServers(options: ServerSetOptions): Promise<ServerSet> {
  installMissing([etcdProgram, postgresProgram, redisProgram]);
  const missing: string[] = [];
  const attempt = async (program: Program, start: (path: string) => Promise<Server>) => {
    const path = findProgram(program);
    try {
      if (path) return await start(path);
      missing.push(adviceFor(program));
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error));
    }
    return undefined;
  };
  const [etcd, postgres, redis] = await Promise.all([
    attempt(etcdProgram, (program) => startEtcd({ ...options, program })),
    attempt(postgresProgram, (program) => startPostgres({ ...options, program })),
    attempt(redisProgram, (program) => startRedis({ ...options, program })),
  ]);
  return {
    ...(etcd && { etcd }),
    ...(postgres && { postgres }),
    ...(redis && { redis }),
    missing,
    stop: async () => {
      await Promise.all([etcd, postgres, redis].map((server) => server?.stop()));
    },
  };
}

/** A temporary folder that goes away with this process and that the servers' users may enter. */
export function temporaryFolder(watchdog: Watchdog): string {
  const folder = mkdtempSync(join(tmpdir(), "apirouter-"));
  watchdog.removeAtEnd(folder);
  chmodSync(folder, 0o711);
  return folder;
}
