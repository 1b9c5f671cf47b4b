import { setTimeout as sleep } from "node:timers/promises";

/** Sends requests to the gateways that are ready, as the load balancer before them would. */
export interface Balancer {
  send<Answer>(request: (url: string) => Promise<Answer>): Promise<Answer>;
  close(): void;
}

const checkIntervalMs = 50;
const checkTimeoutMs = 1_000;

export function createBalancer(urls: readonly string[]): Balancer {
  const closing = new AbortController();
  const ready = new Set(urls);
  let sent = 0;
  const check = async (url: string) => {
    while (!closing.signal.aborted) {
      if (await isReady(url)) ready.add(url);
      else ready.delete(url);
      await sleep(checkIntervalMs);
    }
  };
  for (const url of urls) void check(url);
  return {
    async send(request) {
      for (;;) {
        const choice = [...ready];
        const url = choice[sent++ % choice.length];
        if (url === undefined) throw new Error("no gateway is ready");
        try {
          return await request(url);
        } catch (error) {
          // Nothing has reached it: the next one gets the request.
          if (!wasRefused(error)) throw error;
          ready.delete(url);
        }
      }
    },
    close: () => closing.abort(),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(checkTimeoutMs);
    const response = await fetch(`${url}/readyz`, { signal });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

const wasRefused = (error: unknown) =>
  error instanceof Error &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  error.cause.code === "ECONNREFUSED";
