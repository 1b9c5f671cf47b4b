import assert from "node:assert/strict";
import type { TestContext } from "node:test";

/** Within so long of its acknowledgement a change is felt on every node. */
const promptMs = 50;
const giveUpMs = 5_000;

/** Asks until the answer is as it should be; what was asked later than promptly must be right. */
export async function promptly<Answer>(
  ask: () => Promise<Answer>,
  isRight: (answer: Answer) => boolean,
): Promise<Answer> {
  const startedAt = performance.now();
  for (;;) {
    const askedAt = performance.now();
    const answer = await ask();
    if (isRight(answer)) return answer;
    assert.ok(askedAt - startedAt < promptMs, "the change was not felt promptly");
  }
}

export interface Change {
  readonly urls: readonly string[];
  /** Asks a gateway, and says whether its answer knows of the change. */
  knows(url: string): Promise<boolean>;
  /** Resolves when the change has been acknowledged. */
  make(): Promise<unknown>;
  /** So many right answers in a row settle it; more, where a gateway asks several processes. */
  readonly settledAfter?: number;
}

/** What a gateway did after a change had been acknowledged; milliseconds since then. */
export interface Delay {
  /** When it was last asked and answered as if there had been no change; 0 if never. */
  readonly unawareMs: number;
  /** When its first answer was there that knew of the change. */
  readonly answeredMs: number;
}

/** Makes a change while all gateways are asked without a pause, before, during and after it. */
export async function delaysOf({ urls, knows, make, settledAfter = 3 }: Change): Promise<Delay[]> {
  let acknowledgedAt = Number.POSITIVE_INFINITY;
  for (const isKnown of await Promise.all(urls.map(knows))) {
    assert.ok(!isKnown, "known before it was made");
  }
  const asking = urls.map(async (url) => {
    let unawareMs = 0;
    let answeredMs = 0;
    for (let settled = 0; settled < settledAfter; ) {
      const askedAt = performance.now();
      const isKnown = await knows(url);
      if (askedAt < acknowledgedAt) continue;
      settled = isKnown ? settled + 1 : 0;
      if (settled === 1) answeredMs = performance.now() - acknowledgedAt;
      if (!isKnown) unawareMs = askedAt - acknowledgedAt;
      assert.ok(unawareMs < giveUpMs, "never known");
    }
    return { unawareMs, answeredMs };
  });
  const making = make().then(() => {
    acknowledgedAt = performance.now();
  });
  const [delays] = await Promise.all([Promise.all(asking), making]);
  return delays;
}

/** Holds what was measured to the promise, and says how it was. */
export function assertPrompt(t: TestContext, what: string, delays: readonly Delay[]): void {
  const unaware = percentiles(delays.map(({ unawareMs }) => unawareMs));
  const answered = percentiles(delays.map(({ answeredMs }) => answeredMs));
  t.diagnostic(`${what}, first answer: ${describe(answered)} of ${delays.length}`);
  t.diagnostic(`${what}, last request that still passed: ${describe(unaware)}`);
  assert.ok(unaware.p99 < promptMs, `p99 is ${unaware.p99.toFixed(1)} ms`);
}

function percentiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

const describe = ({ p50, p99 }: ReturnType<typeof percentiles>) =>
  `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
