import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { Lease } from "../../gen/common/etcd/etcd_pb.ts";
import type { Logger } from "../log.ts";
import { StatusError } from "../rpc/client-call.ts";
import { type Etcd, pauseAfter, type RequestOptions } from "./etcd.ts";

/** A lease is renewed this many times in its life. */
const renewalsPerTtl = 3;
/** A process that stops does not wait longer than this for an etcd that is away. */
const releaseTimeoutMs = 2_000;

export async function grantLease(
  etcd: Etcd,
  ttlSeconds: number,
  options?: RequestOptions,
): Promise<bigint> {
  const { ID } = await etcd.unary(Lease.method.leaseGrant, { TTL: BigInt(ttlSeconds) }, options);
  return ID;
}

/** Ends a lease, and every key that hangs on it, now. */
export async function revokeLease(
  etcd: Etcd,
  lease: bigint,
  options?: RequestOptions,
): Promise<void> {
  await etcd.unary(Lease.method.leaseRevoke, { ID: lease }, options);
}

export const isLeaseLost = (error: unknown): boolean =>
  error instanceof StatusError && error.status.code === status.NOT_FOUND;

export interface HoldOptions {
  readonly ttlSeconds: number;
  readonly log: Logger;
  /** Stores what is to live as long as the lease; asked again for every new lease. */
  attach(lease: bigint): Promise<void>;
  /** False when what was stored has vanished although the lease lives; it is attached anew then. */
  isAttached(lease: bigint): Promise<boolean>;
}

export interface HeldLease {
  /** Lets go: the lease and what hangs on it end now, or with its time when etcd is away. */
  release(): Promise<void>;
}

/**
 * Keeps a lease alive for as long as the process wants it, and takes a new one whenever etcd no
 * longer knows it: after a long outage, a pause of this process, or the loss of etcd's data.
 * Resolves when the first lease is in place; until then etcd's being away is no failure.
 */
export async function holdLease(etcd: Etcd, options: HoldOptions): Promise<HeldLease> {
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  let lease = 0n;
  const holding = keepHolding(etcd, options, {
    signal: stopping.signal,
    onAttached(attached) {
      lease = attached;
      first.resolve();
    },
  });
  await first.promise;
  return {
    async release() {
      stopping.abort();
      await holding;
      try {
        await revokeLease(etcd, lease, { timeoutMs: releaseTimeoutMs });
      } catch (error) {
        if (!isLeaseLost(error)) options.log.warn({ error }, "could not end the etcd lease");
      }
    },
  };
}

interface Holding {
  readonly signal: AbortSignal;
  onAttached(lease: bigint): void;
}

async function keepHolding(
  etcd: Etcd,
  options: HoldOptions,
  { signal, onAttached }: Holding,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const lease = await grantLease(etcd, options.ttlSeconds, { signal });
      await options.attach(lease);
      onAttached(lease);
      failures = 0;
      await renewUntilLost(etcd, { ...options, lease, signal });
      if (!signal.aborted) options.log.warn("etcd lease lost; taking a new one");
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      options.log.warn({ error }, "no etcd lease yet");
      await pause(etcd, failures, signal);
    }
  }
}

interface Renewing extends HoldOptions {
  readonly lease: bigint;
  readonly signal: AbortSignal;
}

/** Returns when etcd says that the lease is gone, or when the signal aborts. */
async function renewUntilLost(etcd: Etcd, renewing: Renewing): Promise<void> {
  for (let failures = 0; ; ) {
    const end = await renewOverStream(etcd, renewing);
    if (end === "lost" || renewing.signal.aborted) return;
    failures = end === "broken after renewals" ? 1 : failures + 1;
    await pause(etcd, failures, renewing.signal);
    if (renewing.signal.aborted) return;
  }
}

type StreamEnd = "lost" | "broken" | "broken after renewals";

function renewOverStream(etcd: Etcd, renewing: Renewing): Promise<StreamEnd> {
  const { lease, signal, ttlSeconds, log } = renewing;
  return new Promise((resolve) => {
    let renewed = false;
    let answered = true;
    let close = () => {};
    let abandon = () => {};
    const finish = (end: StreamEnd) => {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      close();
      resolve(end);
    };
    const onAbort = () => finish("broken");
    let renew = () => {};
    const timer = setInterval(
      () => {
        // Now there is still time to renew it at another member.
        if (answered) renew();
        else abandon();
      },
      (ttlSeconds * 1000) / renewalsPerTtl,
    );
    signal.addEventListener("abort", onAbort);
    const opening = etcd.stream(Lease.method.leaseKeepAlive, {
      onMessage({ TTL }) {
        answered = true;
        renewed = true;
        if (TTL <= 0n) finish("lost");
        else void attachIfMissing(renewing);
      },
      onEnd(error) {
        log.debug({ error }, "etcd keep-alive broke");
        finish(renewed ? "broken after renewals" : "broken");
      },
    });
    opening.then(
      (stream) => {
        close = () => stream.close();
        if (signal.aborted) return close();
        abandon = () => etcd.abandon(stream);
        renew = () => {
          answered = false;
          stream.send({ ID: lease });
        };
        renew();
      },
      () => finish("broken"),
    );
  });
}

/** Somebody may have deleted the key by hand; it comes back with the next renewal. */
async function attachIfMissing({ lease, attach, isAttached, log }: Renewing): Promise<void> {
  try {
    if (!(await isAttached(lease))) await attach(lease);
  } catch (error) {
    log.debug({ error }, "could not look after what hangs on the etcd lease");
  }
}

async function pause(etcd: Etcd, failures: number, signal: AbortSignal): Promise<void> {
  await sleep(pauseAfter(failures, etcd.config), undefined, { signal }).catch(() => {});
}
