import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Pool } from "undici";

/*
 * CPU per request and per streamed chunk of the whole product, beside a bare `node:http` + `undici`
 * proxy in the same run. CPU time, not wall time: it holds on a shared machine. The two are measured
 * in turn, round by round; quote the median of the ratios.
 *
 *   npm run bench
 */
const rounds = 7;
const plainRequests = 2_000;
const streams = 40;
const chunksPerStream = 500;
const concurrency = 16;

const messages = [{ role: "user", content: "Say something about gateways. ".repeat(10) }];
const plainBody = JSON.stringify({ model: "bench", messages, temperature: 0.2 });
const streamBody = JSON.stringify({ model: "bench", messages, stream: true });

interface Target {
  readonly name: string;
  readonly url: string;
  readonly key: string;
  readonly process: ChildProcess;
}

const folder = mkdtempSync(join(tmpdir(), "apirouter-bench-"));
const children: ChildProcess[] = [];
try {
  await main();
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const upstream = await start("bench/upstream.ts", [String(chunksPerStream)]);
  const bare = await start("bench/bare-proxy.ts", [upstream.url]);
  const product = await startProduct(upstream.url);
  const bareTarget = { name: "bare", key: "sk-bare", ...bare };
  for (const [title, body, times, unit] of [
    ["non-streamed chat, per request", plainBody, plainRequests, plainRequests],
    ["streamed chat, per chunk", streamBody, streams, streams * chunksPerStream],
  ] as const) {
    const ratios: number[] = [];
    const costs = { bare: [] as number[], product: [] as number[] };
    await drive(bareTarget, body, Math.ceil(times / 4));
    await drive(product, body, Math.ceil(times / 2));
    for (let round = 0; round < rounds; round++) {
      const bareCost = await measure(bareTarget, body, { times, unit });
      const productCost = await measure(product, body, { times, unit });
      costs.bare.push(bareCost);
      costs.product.push(productCost);
      ratios.push(productCost / bareCost);
    }
    const line = [
      `bare ${median(costs.bare).toFixed(1)} µs`,
      `API Router ${median(costs.product).toFixed(1)} µs`,
      `ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    ].join(", ");
    console.log(`${title}: ${line}`);
  }
}

async function measure(target: Target, body: string, count: { times: number; unit: number }) {
  const before = cpuMicroseconds(target.process);
  await drive(target, body, count.times);
  return (cpuMicroseconds(target.process) - before) / count.unit;
}

async function drive(target: Target, body: string, times: number) {
  const pool = new Pool(target.url, { connections: concurrency });
  const headers = { authorization: `Bearer ${target.key}`, "content-type": "application/json" };
  let left = times;
  const worker = async () => {
    while (left-- > 0) {
      const path = "/v1/chat/completions";
      const response = await pool.request({ method: "POST", path, headers, body });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`${target.name}: ${text}`);
      if (body === streamBody && !text.endsWith("data: [DONE]\n\n")) {
        throw new Error(`${target.name}: a stream ended early: ${text.slice(-200)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await pool.close();
}

/** User and system time of a process, all threads, from Linux' accounting (10 ms ticks). */
function cpuMicroseconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function startProduct(upstream: string): Promise<Target> {
  const config = join(folder, "bench.yaml");
  writeFileSync(
    config,
    JSON.stringify({
      user: { registration: "open" },
      model: {
        channels: [
          {
            name: "bench",
            provider: "openai",
            baseUrl: `${upstream}/v1`,
            credential: "sk-bench",
            modelSource: "list",
            models: ["bench"],
            allowPrivateNetwork: true,
          },
        ],
      },
    }),
  );
  const args = ["--port", "0", "--data", join(folder, "data"), "--config", config];
  const started = await start("apirouter.ts", args);
  const post = async (path: string, body: object, token = "") => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const response = await fetch(`${started.url}/api/v1${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { data: Record<string, string> };
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer.data;
  };
  const account = { username: "bench", email: "bench@example.com", password: "bench password" };
  const session = await post("/auth/register", account);
  const key = await post("/apikeys", { name: "bench" }, session["access_token"]);
  return { name: "API Router", key: key["key"] ?? "", ...started };
}

/** Starts one of our commands and waits for its `ready <url>` line. */
async function start(
  file: string,
  args: string[],
): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => Promise.reject(new Error(`${file} did not start`))),
  ])) as [string];
  return { url: line.replace(/^ready /, ""), process: child };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
