import { setTimeout as sleep } from "node:timers/promises";
import { equals } from "@bufbuild/protobuf";
import { AppError } from "../../common/errors.ts";
import { eventStream } from "../../common/events/event-stream.ts";
import type { Events } from "../../common/events/events.ts";
import type { Logger } from "../../common/log.ts";
import { CatalogueSchema, RouteTableSchema } from "../../gen/rpc/model/model_pb.ts";
import { modelTopic } from "./announce.ts";
import type { Snapshot } from "./snapshot.ts";

const retryDelayMsMin = 50;
const retryDelayMsMax = 2_000;

/**
 * The one snapshot of a process. The store is read once for each burst of changes, however many
 * watch, and the last change of a burst is never missed.
 */
export interface LiveSnapshot {
  /** The store has changed: reads it again. Resolves when the watchers have been told. */
  refresh(): Promise<void>;
  /**
   * A part as it is now, then again whenever it has changed; a slow reader gets only the latest.
   * Ends when `signal` aborts, and with `service.shutting_down` when the service closes.
   */
  watch<Part extends keyof Snapshot>(
    part: Part,
    signal: AbortSignal,
  ): AsyncGenerator<Snapshot[Part]>;
  close(): Promise<void>;
}

export interface LiveSnapshotOptions {
  readonly log: Logger;
  readonly events: Events;
  /** Reads the store. */
  load(): Promise<Snapshot>;
}

export function createLiveSnapshot({ log, events, load }: LiveSnapshotOptions): LiveSnapshot {
  const closing = new AbortController();
  const watchers = new Set<() => void>();
  let current: Snapshot | undefined;
  let stale = false;
  /** A reading is under way that was not refused so far: what is held may be old. */
  let behind = false;
  let reading = false;
  let lastReading = Promise.resolve();

  const tellWatchers = () => {
    for (const wake of watchers) wake();
  };
  const refresh = () => {
    stale = true;
    behind = true;
    if (!reading) lastReading = read();
    return lastReading;
  };
  async function read(): Promise<void> {
    reading = true;
    await retryUntil(() => !stale, {
      signal: closing.signal,
      async attempt() {
        // Lowered before reading, so that a change during the reading leads to another one.
        stale = false;
        current = keepEqualParts(current, await load());
        behind = stale;
        tellWatchers();
      },
      onFailure(error) {
        stale = true;
        behind = false;
        log.warn({ error }, "the models cannot be read; trying again");
        tellWatchers();
      },
    });
    reading = false;
  }

  // A gap in the events needs no watch to be broken: the next reading is of the whole store.
  const listening = retryUntil(() => false, {
    signal: closing.signal,
    async attempt() {
      for await (const _ of eventStream(events, modelTopic, closing.signal)) refresh();
    },
    onFailure: (error) => log.debug({ error }, "the models' events broke off; listening again"),
  });

  async function* watch<Part extends keyof Snapshot>(part: Part, signal: AbortSignal) {
    let wake = () => {};
    const onNews = () => wake();
    let sent: Snapshot[Part] | undefined;
    watchers.add(onNews);
    signal.addEventListener("abort", onNews);
    try {
      while (!signal.aborted) {
        if (closing.signal.aborted) {
          throw new AppError("service.shutting_down", "The model service is shutting down.");
        }
        // A new watch starts with what was acknowledged before it, unless the store is away.
        const latest = sent === undefined && behind ? undefined : current?.[part];
        if (latest !== undefined && latest !== sent) {
          sent = latest;
          yield latest;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      signal.removeEventListener("abort", onNews);
      watchers.delete(onNews);
    }
  }

  refresh();
  return {
    refresh,
    watch,
    async close() {
      closing.abort();
      tellWatchers();
      await Promise.all([listening, lastReading]);
    },
  };
}

interface RetryOptions {
  readonly signal: AbortSignal;
  attempt(): Promise<void>;
  onFailure(error: unknown): void;
}

/** Attempts until it is done, with growing pauses after failures. */
async function retryUntil(isDone: () => boolean, options: RetryOptions): Promise<void> {
  const { signal } = options;
  let delayMs = retryDelayMsMin;
  while (!isDone() && !signal.aborted) {
    try {
      await options.attempt();
      delayMs = retryDelayMsMin;
    } catch (error) {
      options.onFailure(error);
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      delayMs = Math.min(delayMs * 2, retryDelayMsMax);
    }
  }
}

/** The new snapshot, with the very objects of the old one where nothing has changed. */
function keepEqualParts(old: Snapshot | undefined, next: Snapshot): Snapshot {
  if (!old) return next;
  const { catalogue, routes } = next;
  return {
    catalogue: equals(CatalogueSchema, old.catalogue, catalogue) ? old.catalogue : catalogue,
    routes: equals(RouteTableSchema, old.routes, routes) ? old.routes : routes,
  };
}
