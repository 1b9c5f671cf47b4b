import type { Etcd } from "../etcd/etcd.ts";
import { getPrefix } from "../etcd/kv.ts";
import { watchPrefix } from "../etcd/watch.ts";
import type { Logger } from "../log.ts";
import type { EndpointSource } from "../rpc/endpoint-source.ts";

export interface SubscribeOptions {
  /** The service's name in discovery, such as "user.rpc". */
  readonly key: string;
  readonly log: Logger;
}

export interface Subscriber extends EndpointSource {
  /** Resolves when etcd has been asked and the watch is in place. */
  readonly ready: Promise<void>;
  close(): void;
}

/**
 * The addresses under a key of discovery, kept up to date by a watch.
 *
 * While etcd is away the last known addresses stay in use. They also stay when the last one vanishes
 * from etcd, until another comes in: etcd may have lost its data or the leases of processes that
 * are alive, and for one that is really gone a refused connection is no worse than having none to
 * dial. With two or more, what etcd says is believed at once.
 */
export function subscribe(etcd: Etcd, { key, log }: SubscribeOptions): Subscriber {
  const entries = new Map<string, string>();
  const listeners = new Set<(addresses: readonly string[]) => void>();
  let known: readonly string[] = [];

  const update = () => {
    // A process that registered anew is there twice until its old lease ends.
    const addresses = [...new Set(entries.values())].sort();
    if (addresses.length === 0 || addresses.join() === known.join()) return;
    known = addresses;
    log.info({ key, addresses }, "endpoints changed");
    for (const listener of listeners) listener(known);
  };

  const watch = watchPrefix(etcd, {
    prefix: `${key}/`,
    log,
    async resync() {
      const snapshot = await getPrefix(etcd, `${key}/`);
      entries.clear();
      for (const entry of snapshot.entries) entries.set(entry.key, entry.value);
      update();
      return snapshot.revision;
    },
    onChanges(changes) {
      for (const change of changes) {
        if (change.value === undefined) entries.delete(change.key);
        else entries.set(change.key, change.value);
      }
      update();
    },
  });

  return {
    ready: watch.inPlace(),
    subscribe(listener) {
      listeners.add(listener);
      listener(known);
      return () => listeners.delete(listener);
    },
    close: () => watch.close(),
  };
}
