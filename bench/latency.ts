import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { chat, createSubjects, type Subject } from "./subjects.ts";

/*
 * Latency that the product and the bare proxy add at a steady rate, over asking the upstream itself.
 * Requests start when they are due and not when the one before is answered.
 *
 *   node bench/latency.ts [requests a second]
 */
const ratePerSecond = Number(process.argv[2] ?? 500);
const rounds = 5;
const roundMs = 2_000;
const tickMs = 2;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

const messages = [{ role: "user", content: "Say something about gateways. ".repeat(10) }];
const body = JSON.stringify({ model: "bench", messages });

const subjects = createSubjects();
try {
  const upstream = await subjects.startUpstream();
  const direct: Subject = { name: "direct", url: upstream, key: "", pids: [] };
  const all = [direct, await subjects.startBare(upstream), await subjects.startAllInOne(upstream)];
  const latencies = new Map(all.map((subject) => [subject, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const subject of all) {
      const measured = await drive(subject);
      if (round >= 0) latencies.get(subject)?.push(...measured);
    }
  }
  for (const subject of all) {
    const of = (share: number) => percentile(latencies.get(subject) ?? [], share);
    const added = (share: number) => of(share) - percentile(latencies.get(direct) ?? [], share);
    console.log(
      `${subject.name}: p50 ${of(0.5).toFixed(2)} ms (+${added(0.5).toFixed(2)}), ` +
        `p99 ${of(0.99).toFixed(2)} ms (+${added(0.99).toFixed(2)})`,
    );
  }
} finally {
  await subjects.stop();
}

async function drive(subject: Subject): Promise<number[]> {
  const pool = new Pool(subject.url, { connections: 256 });
  const latencies: number[] = [];
  const ask = async () => {
    const startedAt = performance.now();
    const response = await chat(pool, subject, body);
    await response.body.text();
    latencies.push(performance.now() - startedAt);
  };
  const startedAt = performance.now();
  const asked: Promise<void>[] = [];
  for (let elapsedMs = 0; elapsedMs < roundMs; elapsedMs = performance.now() - startedAt) {
    while (asked.length < (elapsedMs * ratePerSecond) / 1_000) asked.push(ask());
    await sleep(tickMs);
  }
  await Promise.all(asked);
  await pool.close();
  return latencies;
}
