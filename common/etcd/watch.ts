import { setTimeout as sleep } from "node:timers/promises";
import {
  Watch,
  WatchCreateRequest_FilterType,
  type WatchResponse,
} from "../../gen/common/etcd/etcd_pb.ts";
import { Event_EventType } from "../../gen/common/etcd/kv_pb.ts";
import type { Logger } from "../log.ts";
import { createOutageNotice } from "../outage.ts";
import { type Etcd, pauseAfter } from "./etcd.ts";
import { currentRevision, prefixRange, toText } from "./kv.ts";

export interface Change {
  readonly key: string;
  /** Undefined: the key was deleted, or went with its lease. */
  readonly value: string | undefined;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Leaves deletions out. */
  readonly putsOnly?: boolean;
  readonly log: Logger;
  /**
   * Reads anew what the watch is about, and says at which revision that was: the watch goes on from
   * the next. Called at the start, and when changes have been missed for good: etcd has compacted
   * them away, or has lost its data.
   */
  resync(): Promise<bigint>;
  /** In the order in which they happened; each change exactly once. */
  onChanges(changes: readonly Change[]): void;
  /** The watch was in place and is not any more; it is being made again. */
  onBroken?(): void;
}

export interface PrefixWatch {
  /** Resolves when etcd has confirmed the watch: at once while it is in place. */
  inPlace(): Promise<void>;
  close(): void;
}

/** Watches the keys under a prefix until closed; after a break it goes on where it was. */
export function watchPrefix(etcd: Etcd, options: WatchOptions): PrefixWatch {
  const stopping = new AbortController();
  const outage = createOutageNotice({ log: options.log, subject: { etcdPrefix: options.prefix } });
  let confirmed = Promise.withResolvers<void>();
  void keepWatching(etcd, options, {
    signal: stopping.signal,
    onConfirmed() {
      outage.worked();
      confirmed.resolve();
    },
    onFailed: outage.failed,
    onBroken() {
      confirmed = Promise.withResolvers();
      options.onBroken?.();
    },
  });
  return { inPlace: () => confirmed.promise, close: () => stopping.abort() };
}

interface Watching {
  readonly signal: AbortSignal;
  onConfirmed(): void;
  onFailed(error: unknown): void;
  onBroken(): void;
}

async function keepWatching(etcd: Etcd, options: WatchOptions, watching: Watching) {
  const position: Position = { next: undefined };
  for (let failures = 0; !watching.signal.aborted; ) {
    try {
      position.next ??= (await options.resync()) + 1n;
      const worked = await watchOverStream(etcd, options, { ...watching, position });
      failures = worked ? 1 : failures + 1;
    } catch (error) {
      failures += 1;
      options.log.debug({ error, prefix: options.prefix }, "etcd watch could not start");
      watching.onFailed(error);
    }
    const pauseMs = pauseAfter(failures, etcd.config);
    await sleep(pauseMs, undefined, { signal: watching.signal }).catch(() => {});
  }
}

/** The revision from which changes are still to come; undefined when everything is to be read. */
interface Position {
  next: bigint | undefined;
}

interface OneStream extends Watching {
  readonly position: Position;
}

/** Returns when the stream has ended: true when it had been confirmed. */
async function watchOverStream(
  etcd: Etcd,
  { prefix, putsOnly, log, onChanges }: WatchOptions,
  { signal, position, onConfirmed, onFailed, onBroken }: OneStream,
): Promise<boolean> {
  const ended = Promise.withResolvers<void>();
  let confirmed = false;
  const onMessage = async (response: WatchResponse) => {
    if (response.canceled) {
      log.debug({ prefix, reason: response.cancelReason }, "etcd ended a watch");
      if (response.compactRevision > 0n) position.next = undefined;
      return ended.resolve();
    }
    if (response.created) {
      clearTimeout(unanswered);
      if (await hasLostData(etcd, response, position)) {
        log.warn({ prefix }, "etcd has lost data; reading everything anew");
        position.next = undefined;
        return ended.resolve();
      }
      confirmed = true;
      onConfirmed();
    }
    // Before they are handed on: a listener that throws must not get them for ever.
    advance(position, response);
    if (response.events.length > 0) onChanges(response.events.map(changeOf));
  };
  // One after the other: the check behind `created` takes a moment.
  let turn = Promise.resolve();
  const stream = await etcd.stream(Watch.method.watch, {
    onMessage(response) {
      turn = turn
        .then(() => onMessage(response))
        .catch((error: unknown) => {
          log.error({ error, prefix }, "could not process a message of an etcd watch");
          ended.resolve();
        });
    },
    onEnd(error) {
      log.debug({ error, prefix }, "etcd watch broke");
      onFailed(error);
      ended.resolve();
    },
  });
  const close = () => {
    stream.close();
    ended.resolve();
  };
  signal.addEventListener("abort", close);
  const unanswered = setTimeout(() => etcd.abandon(stream), etcd.config.requestTimeoutMs);
  stream.send({
    requestUnion: {
      case: "createRequest",
      value: {
        ...prefixRange(prefix),
        startRevision: position.next ?? 0n,
        progressNotify: true,
        filters: putsOnly ? [WatchCreateRequest_FilterType.NODELETE] : [],
      },
    },
  });
  if (signal.aborted) close();
  try {
    await ended.promise;
    await turn;
  } finally {
    clearTimeout(unanswered);
    signal.removeEventListener("abort", close);
    stream.close();
    if (confirmed && !signal.aborted) onBroken();
  }
  return confirmed;
}

/**
 * A store whose newest revision lies before what we have seen is not the one that we watched. The
 * member we are connected to may only lag behind, so the majority is asked.
 */
async function hasLostData(etcd: Etcd, { header }: WatchResponse, { next }: Position) {
  const seen = (next ?? 0n) - 1n;
  if ((header?.revision ?? 0n) >= seen) return false;
  return (await currentRevision(etcd)) < seen;
}

/** Progress reports carry no events; they keep a quiet watch clear of compaction. */
function advance(position: Position, { header, created, events }: WatchResponse) {
  const last = events.at(-1)?.kv?.modRevision ?? (created ? 0n : (header?.revision ?? 0n));
  if (position.next === undefined || last >= position.next) position.next = last + 1n;
}

const changeOf = ({ type, kv }: WatchResponse["events"][number]): Change => ({
  key: toText(kv?.key ?? new Uint8Array()),
  value: type === Event_EventType.DELETE ? undefined : toText(kv?.value ?? new Uint8Array()),
});
