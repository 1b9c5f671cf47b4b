import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { chat, createSubjects, residentBytes, type Subject } from "./subjects.ts";

/*
 * Resident memory per open stream on which nothing moves, beside the bare proxy.
 *
 *   node bench/idle-streams.ts [streams]
 */
const streams = Number(process.argv[2] ?? 2_000);
/** What a process takes for the first ones, such as room for young objects, it does not take again. */
const firstStreams = 1_000;
const settleMs = 3_000;

const subjects = createSubjects();
try {
  const upstream = await subjects.startUpstream();
  for (const subject of [
    await subjects.startBare(upstream),
    await subjects.startAllInOne(upstream),
  ]) {
    const first = await open(subject, firstStreams);
    const before = residentBytes(subject);
    const held = await open(subject, streams);
    const perStream = (residentBytes(subject) - before) / streams;
    console.log(`${subject.name}: ${(perStream / 1_024).toFixed(1)} KiB a stream`);
    await Promise.all([first.destroy(), held.destroy()]);
  }
} finally {
  await subjects.stop();
}

/** Opens streams, each with one event read, and waits until memory has settled. */
async function open(subject: Subject, count: number): Promise<Pool> {
  const pool = new Pool(subject.url, { connections: count, bodyTimeout: 0 });
  let opened = 0;
  const body = JSON.stringify({ model: "bench", messages: [], stream: true, user: "hold" });
  const openOne = async () => {
    const response = await chat(pool, subject, body);
    if (response.statusCode !== 200) throw new Error(await response.body.text());
    response.body.on("error", () => {});
    await new Promise((resolve) => response.body.once("data", resolve));
    opened += 1;
  };
  while (opened < count) await Promise.all(Array.from({ length: 50 }, openOne));
  await sleep(settleMs);
  return pool;
}
