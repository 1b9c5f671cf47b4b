import { AppError } from "../errors.ts";
import type { Etcd } from "../etcd/etcd.ts";
import { currentRevision, put } from "../etcd/kv.ts";
import { grantLease, isLeaseLost } from "../etcd/lease.ts";
import { type Change, type PrefixWatch, watchPrefix } from "../etcd/watch.ts";
import type { Logger } from "../log.ts";
import type { EventListener, Events } from "./events.ts";

/** Events are not state: their keys only have to outlive the watches' longest way through etcd. */
const keyTtlSeconds = 600;
/** One lease carries the events of this long, so a key lives between five and ten minutes. */
const leaseUseMs = 300_000;

export interface EtcdEventsOptions {
  readonly etcd: Etcd;
  /** Where the keys lie, such as "apirouter/events". */
  readonly prefix: string;
  readonly log: Logger;
  /** After this time an event counts as not delivered. */
  readonly publishTimeoutMs?: number;
}

const publishTimeoutMsDefault = 3_000;

/**
 * Events between processes. Publishing writes the key `<prefix>/<topic>/<id>` and is done when etcd
 * has committed it; every process watches its topics, and etcd hands each change to every watch,
 * also after a break. `onGap` is called only when etcd no longer has what was missed, `onLate` at
 * every break.
 */
export function createEtcdEvents(options: EtcdEventsOptions): Events & Disposable {
  const { etcd, prefix, log, publishTimeoutMs = publishTimeoutMsDefault } = options;
  const leases = createEventLeases(etcd);
  const topics = new Map<string, Topic>();
  const pathOf = (topic: string) => `${prefix}/${encodeURIComponent(topic)}/`;

  return {
    async publish(topic, { id, value }) {
      const signal = AbortSignal.timeout(publishTimeoutMs);
      const limits = { signal, timeoutMs: publishTimeoutMs };
      const entry = { key: pathOf(topic) + id, value };
      try {
        const lease = await leases.current(limits);
        try {
          await put(etcd, { ...entry, lease }, limits);
        } catch (error) {
          if (!isLeaseLost(error)) throw error;
          leases.forget();
          await put(etcd, { ...entry, lease: await leases.current(limits) }, limits);
        }
      } catch (cause) {
        throw new AppError("events.not_delivered", "The other replicas could not be told.", {
          cause,
        });
      }
    },
    async subscribe(name, listener) {
      const topic = topics.get(name) ?? openTopic(etcd, pathOf(name), log);
      topics.set(name, topic);
      topic.listeners.add(listener);
      await topic.watch.inPlace();
      return {
        close() {
          topic.listeners.delete(listener);
          if (topic.listeners.size > 0 || topics.get(name) !== topic) return;
          topics.delete(name);
          topic.watch.close();
        },
      };
    },
    [Symbol.dispose]() {
      for (const { watch } of topics.values()) watch.close();
      topics.clear();
    },
  };
}

interface Topic {
  readonly listeners: Set<EventListener>;
  readonly watch: PrefixWatch;
}

/** One watch serves all listeners of a topic in this process. */
function openTopic(etcd: Etcd, path: string, log: Logger): Topic {
  const listeners = new Set<EventListener>();
  let started = false;
  const watch = watchPrefix(etcd, {
    prefix: path,
    putsOnly: true,
    log,
    async resync() {
      const revision = await currentRevision(etcd);
      // The watch goes on from this revision, so whatever is read anew from here on is complete.
      if (started) for (const listener of [...listeners]) listener.onGap();
      started = true;
      return revision;
    },
    onBroken() {
      for (const listener of [...listeners]) listener.onLate?.();
    },
    onChanges(changes) {
      for (const change of changes) tell(listeners, path, change);
    },
  });
  return { listeners, watch };
}

function tell(listeners: Set<EventListener>, path: string, { key, value }: Change) {
  if (value === undefined) return;
  const event = { id: key.slice(path.length), value };
  for (const listener of [...listeners]) listener.onEvent(event);
}

/** Leases that nobody renews: each carries the events of a while and takes them along. */
function createEventLeases(etcd: Etcd) {
  let current: Promise<bigint> | undefined;
  let takenAtMs = 0;
  return {
    async current(limits: { signal: AbortSignal; timeoutMs: number }): Promise<bigint> {
      if (Date.now() - takenAtMs > leaseUseMs) current = undefined;
      if (!current) {
        takenAtMs = Date.now();
        current = grantLease(etcd, keyTtlSeconds, limits);
      }
      const taken = current;
      try {
        return await taken;
      } catch (error) {
        if (current === taken) current = undefined;
        throw error;
      }
    },
    forget() {
      current = undefined;
    },
  };
}
