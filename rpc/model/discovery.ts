import { randomUUIDv7 } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../common/log.ts";
import type { Client } from "../../common/rpc/service.ts";
import type { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import type { DiscoveryConfig } from "./config.ts";
import type { ModelLimits } from "./limits.ts";
import { modelNameFault } from "./name-rules.ts";
import { probeFault } from "./probe-fault.ts";
import type { ChannelRecord, DiscoveredModel } from "./records.ts";
import { toRoute } from "./snapshot.ts";
import type { DiscoveryOutcome, DiscoveryStore } from "./store/discovery-store.ts";

/** While the openai service is away; it may be starting beside us. */
const serviceRetryDelayMs = 200;

/** Keeps the channels' lists of what their upstreams offer fresh, in the background. */
export interface Discovery {
  /** Looks for stale channels now. */
  wake(): void;
  /** Aborts what is running. */
  close(): Promise<void>;
}

export interface DiscoveryOptions {
  readonly config: DiscoveryConfig;
  readonly limits: ModelLimits;
  readonly store: DiscoveryStore;
  readonly openai: Client<typeof OpenAIService>;
  readonly log: Logger;
  readonly now: () => number;
  announce(id: string): Promise<void>;
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { config, store, log, now } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const asking = new Map<string, Promise<void>>();
  let woken = false;
  let endPause = () => {};

  const wake = () => {
    woken = true;
    endPause();
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      woken = false;
      await lookForStale().catch((error) => log.warn({ error }, "stale channels cannot be found"));
      // Random, so that replicas that started together do not look at the same moments.
      if (!woken) await pause(config.retryMs * (0.5 + Math.random()));
    }
  }

  async function lookForStale(): Promise<void> {
    const age = {
      freshSinceMs: now() - config.refreshMs,
      retrySinceMs: now() - config.retryMs,
    };
    const stale = await store.stale(age, config.concurrencyMax + asking.size);
    for (const channel of stale) {
      // Whoever ends looks again, so a channel that has to wait is not forgotten.
      if (asking.size >= config.concurrencyMax || signal.aborted) return;
      if (asking.has(channel.id) || !(await store.claim(channel, now()))) continue;
      const asked = refresh(channel, options, signal)
        .catch((error) => log.warn({ error, channel: channel.id }, "discovery failed"))
        .finally(() => {
          asking.delete(channel.id);
          wake();
        });
      asking.set(channel.id, asked);
    }
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    endPause = resolve;
    await promise;
    clearTimeout(timer);
  }

  const running = run();
  return {
    wake,
    async close() {
      closing.abort();
      wake();
      await running;
      await Promise.all(asking.values());
    },
  };
}

/** Asks one upstream and stores the answer; watchers hear of it only when the names changed. */
async function refresh(
  channel: ChannelRecord,
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<void> {
  const outcome = await ask(channel, options, signal);
  const stored = await options.store.end(channel, outcome);
  if (outcome === "released") await sleep(serviceRetryDelayMs, undefined, { signal }).catch(noop);
  if (!stored || outcome === "released") return;
  if ("error" in outcome) {
    // Once, and not again at every retry for as long as the upstream is away.
    const level = outcome.error === channel.discoveryError ? "debug" : "warn";
    const { id, name } = channel;
    options.log[level](
      { channel: id, channel_name: name, reason: outcome.error },
      "discovery failed",
    );
  } else if (!sameNames(channel.discovered, outcome.discovered)) {
    await options.announce(channel.id);
  }
}

const noop = () => {};

async function ask(
  channel: ChannelRecord,
  { config, limits, openai, log, now }: DiscoveryOptions,
  signal: AbortSignal,
): Promise<DiscoveryOutcome> {
  const timeout = AbortSignal.timeout(config.timeoutMs);
  const tooSlow = { error: "The upstream did not name its models in time." };
  try {
    const answer = await openai.probe(
      { route: toRoute(channel) },
      { requestId: randomUUIDv7(), signal: AbortSignal.any([signal, timeout]) },
    );
    if (answer.ok) {
      const discoveredAtMs = now();
      const discovered = discoveredModels(answer.models, channel, { limits, discoveredAtMs });
      return { discovered, discoveredAtMs };
    }
    if (signal.aborted) return "released";
    return timeout.aborted ? tooSlow : { error: probeFault(answer) };
  } catch (error) {
    if (timeout.aborted) return tooSlow;
    // Not the upstream's doing: our own openai service could not be asked.
    log.debug({ error, channel: channel.id }, "no service to ask the upstream; trying again");
    return "released";
  }
}

/** The usable names in order, each with the moment when the upstream was first seen to name it. */
function discoveredModels(
  names: string[],
  channel: ChannelRecord,
  { limits, discoveredAtMs }: { limits: ModelLimits; discoveredAtMs: number },
): DiscoveredModel[] {
  const known = new Map(channel.discovered.map(({ name, foundAtMs }) => [name, foundAtMs]));
  return [...new Set(names)]
    .filter((name) => modelNameFault(name, limits) === undefined)
    .sort()
    .slice(0, limits.modelsPerChannelMax)
    .map((name) => ({ name, foundAtMs: known.get(name) ?? discoveredAtMs }));
}

const sameNames = (one: DiscoveredModel[], other: DiscoveredModel[]): boolean =>
  one.length === other.length && one.every(({ name }, index) => name === other[index]?.name);
