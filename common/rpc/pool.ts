import { AppError } from "../errors.ts";
import { createChannel } from "./channel.ts";
import { Endpoint } from "./endpoint.ts";
import type { EndpointSource } from "./endpoint-source.ts";
import type { RpcClientConfig } from "./rpc-config.ts";

export interface PickOptions {
  /** Endpoints that failed this call before: taken only when there is no other. */
  readonly tried: ReadonlySet<Endpoint>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface Pool {
  /** Waits, up to `connectWaitMs`, while no endpoint can be used. */
  pick(options: PickOptions): Endpoint | Promise<Endpoint>;
  close(): void;
}

/** The replicas of one service, one connection each; the better of two drawn at random is used. */
export function createPool(name: string, source: EndpointSource, config: RpcClientConfig): Pool {
  const endpoints = new Map<string, Endpoint>();
  const waiting = new Set<() => void>();
  const onChange = () => {
    for (const wake of waiting) wake();
  };
  const add = (address: string) =>
    new Endpoint({
      address,
      connect: () => createChannel(address, config),
      dialTimeoutMs: config.keepaliveTimeoutMs,
      asideMsMin: config.reconnectDelayMsMin,
      asideMsMax: config.reconnectDelayMsMax,
      onChange,
    });

  const unsubscribe = source.subscribe((addresses) => {
    for (const [address, endpoint] of endpoints) {
      if (addresses.includes(address)) continue;
      endpoints.delete(address);
      endpoint.retire();
    }
    for (const address of addresses) {
      if (!endpoints.has(address)) endpoints.set(address, add(address));
    }
  });

  const choose = (tried: ReadonlySet<Endpoint>): Endpoint | undefined => {
    const usable = [...endpoints.values()].filter((endpoint) => endpoint.usable);
    const fresh = tried.size === 0 ? usable : usable.filter((endpoint) => !tried.has(endpoint));
    return betterOfTwo(fresh.length > 0 ? fresh : usable);
  };

  const waitAndChoose = async ({ tried, deadlineMs, signal }: PickOptions): Promise<Endpoint> => {
    const untilMs = Math.min(Date.now() + config.connectWaitMs, deadlineMs);
    while (!signal.aborted) {
      const leftMs = untilMs - Date.now();
      if (leftMs <= 0) break;
      await nextChange(waiting, leftMs, signal);
      const chosen = choose(tried);
      if (chosen) return chosen;
    }
    const known = [...endpoints.keys()].join(", ") || "none";
    throw new AppError("service.unavailable", "A service cannot be reached at the moment.", {
      cause: new Error(`no endpoint of ${name} is ready; known: ${known}`),
    });
  };

  return {
    pick: (options) => choose(options.tried) ?? waitAndChoose(options),
    close() {
      unsubscribe();
      for (const endpoint of endpoints.values()) endpoint.close();
      endpoints.clear();
      onChange();
    },
  };
}

function betterOfTwo(usable: readonly Endpoint[]): Endpoint | undefined {
  const first = Math.floor(Math.random() * usable.length);
  const one = usable[first];
  if (!one || usable.length === 1) return one;
  // Drawn from the others only.
  const second = Math.floor(Math.random() * (usable.length - 1));
  const other = usable[second < first ? second : second + 1] ?? one;
  const nowMs = performance.now();
  return other.loadAt(nowMs) < one.loadAt(nowMs) ? other : one;
}

function nextChange(waiting: Set<() => void>, timeoutMs: number, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      waiting.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, timeoutMs);
    signal.addEventListener("abort", wake);
    waiting.add(wake);
  });
}
