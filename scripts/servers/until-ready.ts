import { setTimeout } from "node:timers/promises";
import type { GuardedProcess } from "./guarded-process.ts";

const readyTimeoutMs = 30_000;
const pollMs = 25;

/** Waits until `probe` resolves; throws when the process ends first, or takes too long. */
export async function untilReady(
  server: GuardedProcess,
  probe: () => Promise<unknown>,
): Promise<void> {
  let end: string | undefined;
  server.ended.then((what) => {
    end = what;
  });
  const deadline = Date.now() + readyTimeoutMs;
  while (!(await succeeds(probe))) {
    if (end) throw new Error(`${server.name} ${end}`);
    if (Date.now() > deadline) {
      await server.stop();
      throw new Error(`${server.name} did not become ready within ${readyTimeoutMs / 1000} s`);
    }
    await setTimeout(pollMs);
  }
}

const succeeds = async (probe: () => Promise<unknown>): Promise<boolean> => {
  try {
    await probe();
    return true;
  } catch {
    return false;
  }
};
