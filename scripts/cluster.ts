/** `npm run cluster`: the distributed deployment on one machine, to try it. */
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Cluster, startCluster } from "./cluster/start-cluster.ts";

const usage = `The distributed deployment on one machine: etcd, PostgreSQL and Redis, a process for
each of user, apikey and model, and two for each of openai and gateway.

  npm run cluster -- [options]

  --port N     of the first gateway, the second takes the next one (8888); 0 for free ones
  --data DIR   keeps data, secrets and logs there; else they are gone at the end
  --demo       a built-in model, and open registration
  --help       this text
`;

const defaultPort = "8888";
// Under npm a terminal's Ctrl-C arrives twice.
const repeatedSignalMs = 1_000;

try {
  await main();
} catch (error) {
  console.error(`cluster: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: defaultPort },
      data: { type: "string" },
      demo: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65534)) throw new Error(`the port must be from 0 to 65534, not "${values.port}"`);

  console.error("starting etcd, PostgreSQL, Redis and the processes");
  const starting = startCluster({
    port,
    demo: values.demo,
    data: values.data === undefined ? undefined : resolve(values.data),
    onDeath: (sentence) => console.error(`${sentence}; the others carry on`),
  });
  stopOnSignals(starting);
  const cluster = await starting;
  console.log(describe(cluster));
  for (const url of cluster.urls) console.log(`ready ${url}`);
}

/** The first signal drains; one that comes later ends at once, and the watchdog clears up. */
function stopOnSignals(starting: Promise<Cluster>): void {
  let first: number | undefined;
  const onSignal = async () => {
    if (first !== undefined && Date.now() - first > repeatedSignalMs) process.exit(130);
    if (first !== undefined) return;
    first = Date.now();
    console.error("stopping, once running requests are done; a second signal ends at once");
    const cluster = await starting;
    await cluster.stop();
    // Lets what was printed reach a pipe.
    await setTimeout(0);
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
}

function describe({ processes, etcd, postgres, redis, folder }: Cluster): string {
  const servers = [etcd, postgres, redis];
  const rows = [
    ...processes.map(({ name, pid, address }) => [name, String(pid()), address]),
    ...servers.map(({ name, pid, address }) => [name, String(pid()), address]),
  ];
  const lines = [["process", "pid", "address"], ...rows].map(
    ([name = "", pid = "", address = ""]) => `${name.padEnd(12)}${pid.padEnd(9)}${address}`,
  );
  return `${lines.join("\n")}\n\nlogs are in ${folder}\n`;
}
