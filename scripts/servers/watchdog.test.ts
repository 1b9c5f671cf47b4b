import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const endTimeoutMs = 10_000;

/** Starts the three servers in a process of its own and says where they are. */
const program = `
  import { startServers, temporaryFolder } from ${JSON.stringify(beside("server-set.ts"))};
  import { startWatchdog } from ${JSON.stringify(beside("watchdog.ts"))};
  const watchdog = startWatchdog();
  const folder = temporaryFolder(watchdog);
  const servers = await startServers({ folder, watchdog, durable: false });
  const running = [servers.etcd, servers.postgres, servers.redis].filter(Boolean);
  console.log(JSON.stringify({ folder, addresses: running.map(({ address }) => address) }));
  setInterval(() => {}, 1000);
`;

for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const) {
  test(`no server and no folder outlives a process that ${signal} ended`, async (t) => {
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), "line");
    const { folder, addresses } = JSON.parse(line);
    if (addresses.length === 0) {
      parent.kill("SIGKILL");
      return t.skip("none of the servers is available on this machine");
    }
    for (const address of addresses) assert.ok(await accepts(address), `${address} serves`);
    assert.ok(existsSync(folder));

    parent.kill(signal);
    await until(async () => {
      const serving = await Promise.all(addresses.map(accepts));
      return !serving.includes(true) && !existsSync(folder);
    });
  });
}

function beside(file: string): string {
  return fileURLToPath(import.meta.resolve(`./${file}`));
}

async function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.includes("://") ? address : `tcp://${address}`);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + endTimeoutMs;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "still there");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
