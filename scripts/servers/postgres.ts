import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "pg";
import type { Program } from "./find-or-install.ts";
import { freePort } from "./free-ports.ts";
import { startGuardedProcess } from "./guarded-process.ts";
import type { Server, ServerOptions } from "./server.ts";
import { untilReady } from "./until-ready.ts";

export const postgresProgram: Program = {
  names: ["postgres"],
  folders: [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
  ],
  debianPackage: "postgresql",
  advice:
    "install PostgreSQL 15 or newer (`brew install postgresql@17`, `dnf install postgresql-server`)",
};

interface PostgresOptions extends ServerOptions {
  /** False gives up safety against power loss, which a test does not need, for speed. */
  readonly durable: boolean;
}

/** Starts a PostgreSQL with its superuser open to this machine; its address is a connection string. */
export async function startPostgres(options: PostgresOptions): Promise<Server> {
  const { program, folder, watchdog, durable } = options;
  const port = await freePort();
  const address = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const data = join(folder, "postgres");
  const user = process.getuid?.() === 0 ? ordinaryUser() : undefined;
  if (!existsSync(join(data, "PG_VERSION"))) createData(program, data, user);
  const start = async () => {
    const server = await startGuardedProcess({
      name: "postgres",
      program,
      parameters: parametersOf(data, port, durable),
      watchdog,
      // The default would wait for every client to leave.
      signal: "SIGINT",
      // A folder that the other user may enter.
      cwd: data,
      logFile: join(folder, "postgres.log"),
      ...(user && { user }),
    });
    await untilReady(server, () => connectOnce(address));
    return server;
  };
  let running = await start();
  return {
    name: "postgres",
    address,
    pid: () => running.pid,
    stop: () => running.stop(),
    start: async () => {
      running = await start();
    },
  };
}

const parametersOf = (data: string, port: number, durable: boolean) => {
  const settings = [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    ...(durable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]),
  ];
  return ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
};

/** One in which upper and lower case are known for all letters; macOS has no neutral one. */
const locale = process.platform === "darwin" ? "en_US.UTF-8" : "C.UTF-8";

interface User {
  readonly uid: number;
  readonly gid: number;
}

function createData(program: string, data: string, user: User | undefined): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (user) chownSync(data, user.uid, user.gid);
  const { status, stderr, error } = spawnSync(
    join(dirname(program), "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", `--locale=${locale}`, "--no-sync"],
    { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", cwd: data, ...user },
  );
  if (status !== 0) throw new Error(`initdb failed: ${(error?.message ?? stderr).trim()}`);
}

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): User {
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const found = ["postgres", "nobody"]
    .map((name) => accounts.find(([account]) => account === name))
    .find(Boolean);
  if (!found) throw new Error("PostgreSQL cannot run as root, and there is no other user");
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

async function connectOnce(address: string): Promise<void> {
  const client = new Client(address);
  await client.connect();
  await client.end();
}
