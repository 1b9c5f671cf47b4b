import { parseArgs } from "node:util";
import { Pool } from "undici";
import { chat, cpuMicroseconds, createSubjects, type Subject } from "./subjects.ts";

/*
 * CPU per request and per streamed chunk of the whole product, beside a bare `node:http` + `undici`
 * proxy in the same run. CPU time, not wall time: it holds on a shared machine. All are measured in
 * turn, round by round; quote the median of the ratios.
 */
const usage = `npm run bench -- [options]

  --distributed     also the distributed deployment, all its processes together
  --only KIND       plain or stream
  --rounds COUNT    (7)
  --profile FOLDER  leave a .cpuprofile of each product process there
`;

const plainRequests = 6_000;
const streams = 120;
const chunksPerStream = 500;
const concurrency = 16;
/** Until the compiler has seen everything: rounds before the first that counts. */
const warmUpRounds = 2;

const messages = [{ role: "user", content: "Say something about gateways. ".repeat(10) }];
const workloads = [
  {
    kind: "plain",
    title: "non-streamed chat, per request",
    body: JSON.stringify({ model: "bench", messages, temperature: 0.2 }),
    end: "}",
    times: plainRequests,
    units: plainRequests,
  },
  {
    kind: "stream",
    title: "streamed chat, per chunk",
    body: JSON.stringify({ model: "bench", messages, stream: true }),
    end: "data: [DONE]\n\n",
    times: streams,
    units: streams * chunksPerStream,
  },
];
type Workload = (typeof workloads)[number];

const { values: options } = parseArgs({
  options: {
    distributed: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "7" },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) process.stdout.write(usage);
else await main();

async function main() {
  const subjects = createSubjects(options.profile);
  try {
    const upstream = await subjects.startUpstream(String(chunksPerStream));
    const bare = await subjects.startBare(upstream);
    const others = [await subjects.startAllInOne(upstream)];
    if (options.distributed) others.push(await subjects.startDistributed(upstream));
    for (const workload of workloads) {
      if (options.only === undefined || options.only === workload.kind) {
        await compare(bare, others, workload);
      }
    }
  } finally {
    await subjects.stop();
  }
}

async function compare(bare: Subject, others: readonly Subject[], workload: Workload) {
  const all = [bare, ...others];
  const costs = new Map(all.map((subject) => [subject, [] as number[]]));
  for (let round = -warmUpRounds; round < Number(options.rounds); round++) {
    for (const subject of all) {
      const cost = await measure(subject, workload);
      if (round >= 0) costs.get(subject)?.push(cost);
    }
  }
  const bareCosts = costs.get(bare) ?? [];
  console.log(`${workload.title}: bare ${median(bareCosts).toFixed(2)} µs`);
  for (const subject of others) {
    const own = costs.get(subject) ?? [];
    const ratios = own.map((cost, round) => cost / (bareCosts[round] ?? Number.NaN));
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    console.log(
      `  ${subject.name}: ${median(own).toFixed(2)} µs, ratio ${median(ratios).toFixed(2)} (${range})`,
    );
  }
}

async function measure(subject: Subject, workload: Workload): Promise<number> {
  const before = cpuMicroseconds(subject);
  await drive(subject, workload);
  return (cpuMicroseconds(subject) - before) / workload.units;
}

async function drive(subject: Subject, { body, end, times }: Workload) {
  const pool = new Pool(subject.url, { connections: concurrency });
  let left = times;
  const worker = async () => {
    while (left-- > 0) {
      const response = await chat(pool, subject, body);
      const text = await response.body.text();
      if (response.statusCode !== 200 || !text.endsWith(end)) {
        throw new Error(`${subject.name}: ${response.statusCode} ${text.slice(-200)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await pool.close();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
