import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 10;

/** Waits until something holds, and fails with what was seen last when it does not in time. */
export async function until<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  { holds, timeoutMs = 10_000 }: { holds: (value: Value) => boolean; timeoutMs?: number },
): Promise<Value> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > endMs) throw new Error(`not ${what} in time; last: ${JSON.stringify(value)}`);
    await sleep(pollMs);
  }
}
