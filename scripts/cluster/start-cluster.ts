import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DataFolder, openDataFolder } from "../../compose/data-folder.ts";
import { loadSecrets } from "../../compose/secrets.ts";
import { freePorts } from "../servers/free-ports.ts";
import type { Server } from "../servers/server.ts";
import { type ServerSet, startServers, temporaryFolder } from "../servers/server-set.ts";
import { startWatchdog } from "../servers/watchdog.ts";
import { type ClusterProcess, startClusterProcess } from "./cluster-process.ts";
import { createDatabases } from "./databases.ts";
import { databaseOwners, type PlannedProcess, type ProcessKind, planProcesses } from "./plan.ts";
import { withSettings } from "./settings.ts";

const root = dirname(dirname(import.meta.dirname));

export interface ClusterOptions {
  /** Port of the first gateway, the others follow; free ones when 0. */
  readonly port?: number;
  /** Keeps data, secrets and logs; else they live in a temporary folder and go with the process. */
  readonly data?: string | undefined;
  /** The built-in model, and open registration. */
  readonly demo?: boolean;
  /** How many of a kind, where it is not the usual number. */
  readonly replicas?: Partial<Record<ProcessKind, number>>;
  /** Written over what the file of each such process says. */
  readonly settings?: Partial<Record<ProcessKind, object>>;
  /** Added to the environment of every process. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Called with a sentence when a process ends without having been asked to. */
  readonly onDeath?: (sentence: string) => void;
}

/** The distributed deployment, running on this machine. */
export interface Cluster {
  /** Base URLs of the gateways. */
  readonly urls: readonly string[];
  readonly processes: readonly ClusterProcess[];
  readonly etcd: Server;
  readonly postgres: Server;
  readonly redis: Server;
  /** Where data and logs are. */
  readonly folder: string;
  /** Drains and stops the processes, callers first, and then the servers. */
  stop(): Promise<void>;
}

/** Starts servers and processes and waits until all are ready; throws one sentence when one is not. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const kept = options.data === undefined ? undefined : openKept(options.data);
  const watchdog = startWatchdog();
  const folder = kept?.path ?? temporaryFolder(watchdog);
  const servers = await startServers({ folder, watchdog, durable: options.data !== undefined });
  const processes: ClusterProcess[] = [];
  const stop = async () => {
    for (const wave of stopOrder) {
      const members = processes.filter(({ name }) => wave.test(name));
      await Promise.all(members.map((member) => member.stop()));
    }
    await servers.stop();
    kept?.release();
  };
  try {
    const { etcd, postgres, redis } = complete(servers);
    const environment = environmentFor(folder, { etcd, redis }, options);
    const databases = await createDatabases(postgres.address, databaseOwners);
    const plan = planProcesses(options.replicas).map((planned) => ({
      ...planned,
      config: withSettings(planned, { root, folder, settings: options.settings }),
    }));
    const addresses = await chooseAddresses(plan, options.port ?? 0);
    const launch = async (planned: PlannedProcess) => {
      const database = databases.get(planned.process);
      const env = { ...environment, ...(database && { APIROUTER_POSTGRES_URL: database }) };
      const address = addresses.get(planned.name) ?? "";
      const onDeath = options.onDeath ?? (() => undefined);
      const place = { root, folder, watchdog, onDeath };
      processes.push(await startClusterProcess({ ...place, planned, address, env }));
    };
    // Services before gateways, so that a ready gateway can answer.
    for (const wave of [plan.filter(isService), plan.filter((planned) => !isService(planned))]) {
      // All of them, so that none is still starting when the others are stopped.
      for (const result of await Promise.allSettled(wave.map(launch))) {
        if (result.status === "rejected") throw result.reason;
      }
    }
    const names = plan.map(({ name }) => name);
    processes.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
    const gateways = processes.filter(({ name }) => name.startsWith("gateway"));
    const urls = gateways.map(({ address }) => `http://${address}`);
    return { urls, processes, etcd, postgres, redis, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Locked, since a second cluster's servers would not come up on the same files. */
function openKept(folder: string): DataFolder {
  // PostgreSQL runs as another user than root and has to pass through.
  mkdirSync(folder, { recursive: true });
  return openDataFolder(folder);
}

const isService = ({ process }: PlannedProcess) => process !== "gateway";

/** Callers before what they call; those of one line stop at the same time. */
const stopOrder = [/^gateway/, /^openai/, /^(user|apikey|model)/];

function complete({ etcd, postgres, redis, missing }: ServerSet) {
  if (etcd && postgres && redis) return { etcd, postgres, redis };
  throw new Error(missing.join("\n"));
}

function environmentFor(
  folder: string,
  { etcd, redis }: { etcd: Server; redis: Server },
  { demo, environment }: ClusterOptions,
): NodeJS.ProcessEnv {
  const secrets = loadSecrets(folder);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  // Settings that are meant for the all-in-one process would confuse these.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("APIROUTER_"));
  return {
    ...Object.fromEntries(inherited),
    NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "node"),
    APIROUTER_ETCD: etcd.address,
    APIROUTER_REDIS_URL: redis.address,
    APIROUTER_API_KEY_PEPPER: base64(secrets.apiKeyPepper),
    APIROUTER_PASSWORD_PEPPER: base64(secrets.passwordPepper),
    APIROUTER_MASTER_KEY: base64(secrets.masterKey),
    APIROUTER_DEMO: String(demo ?? false),
    ...environment,
  };
}

async function chooseAddresses(
  plan: readonly PlannedProcess[],
  firstGatewayPort: number,
): Promise<Map<string, string>> {
  const free = await freePorts(plan.length);
  const gateways = plan.filter((planned) => !isService(planned));
  return new Map(
    plan.map((planned, index) => {
      const fixed = firstGatewayPort !== 0 && !isService(planned);
      const port = fixed ? firstGatewayPort + gateways.indexOf(planned) : free[index];
      return [planned.name, `127.0.0.1:${port}`] as const;
    }),
  );
}
