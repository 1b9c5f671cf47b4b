import type { Etcd } from "../etcd/etcd.ts";
import { hasKey, put } from "../etcd/kv.ts";
import { holdLease } from "../etcd/lease.ts";
import type { Logger } from "../log.ts";

export interface PublishOptions {
  /** The service's name in discovery, such as "user.rpc". */
  readonly key: string;
  /** `host:port` */
  readonly address: string;
  readonly ttlSeconds: number;
  readonly log: Logger;
}

export interface Publisher {
  /** Takes the address out of discovery. */
  stop(): Promise<void>;
}

/**
 * Puts an address into discovery, as go-zero does: `<key>/<lease id>` holds `host:port` and lives as
 * long as the lease. Resolves when it is there; comes back by itself whenever etcd has lost it.
 */
export async function publish(etcd: Etcd, options: PublishOptions): Promise<Publisher> {
  const { key, address, ttlSeconds, log } = options;
  const keyOf = (lease: bigint) => `${key}/${lease}`;
  const held = await holdLease(etcd, {
    ttlSeconds,
    log,
    async attach(lease) {
      await put(etcd, { key: keyOf(lease), value: address, lease });
      log.info({ key: keyOf(lease), address }, "registered");
    },
    isAttached: (lease) => hasKey(etcd, keyOf(lease)),
  });
  return { stop: () => held.release() };
}
