import { performance } from "node:perf_hooks";
import { AppError, type ErrorCode } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import type { KeyCacheConfig } from "../config.ts";
import { KeyEntries, type KeyEntry } from "./key-entries.ts";
import type { LookupKey } from "./lookup-key.ts";
import type { Refusal, Verdict } from "./principal.ts";

export interface KeyCacheOptions {
  readonly config: KeyCacheConfig;
  readonly log: Logger;
  readonly lookup: LookupKey;
  /** A key, or every key of a user, has stopped working. */
  readonly onEnded: (keyOrUserId: string, refusedAs: ErrorCode) => void;
}

/** A lookup under way; everybody who asks for the same key waits for it. */
interface Load {
  readonly verdict: Promise<Verdict>;
  /** Ids of which news came since its question was asked: its answer may be older than they. */
  readonly news: Set<string>;
}

/** When news comes in the middle of a lookup, it is done again; not for ever. */
const lookupAttemptsMax = 5;
/** While nobody would tell us of a change, an answer counts as new for just this long. */
const unwatchedAgeMs = 25;
/** How long the services are left alone after they could not be reached. */
const pauseAfterFailureMs = 1_000;

/**
 * What is known of API keys. News of a key or its owner, from the services' watches, ends what is
 * known at once; that is what makes it safe to know anything. While a watch is interrupted nothing
 * counts as known, yet goes on serving when the services cannot be reached either.
 */
export class KeyCache {
  readonly #options: KeyCacheOptions;
  readonly #entries: KeyEntries;
  readonly #loads = new Map<string, Load>();
  /** Grows whenever news may have been missed. What was learnt before is no longer current. */
  #generation = 0;
  #watching = false;
  #pausedUntil = 0;

  constructor(options: KeyCacheOptions) {
    this.#options = options;
    this.#entries = new KeyEntries(options.config);
  }

  /**
   * What a secret's hash stands for; at once when that is known. Who had to wait asks again: then
   * the answer comes at once, and no news can slip in between it and what is done with it.
   */
  find(secretHash: Uint8Array, requestId: string): Verdict | Promise<Verdict> {
    const id = idOf(secretHash);
    const entry = this.#entries.get(id);
    if (!entry || entry.outdated) return this.#load(id, secretHash, requestId);
    const now = performance.now();
    if (!this.#isCurrent(entry, now)) {
      return now < this.#pausedUntil ? entry.verdict : this.#refresh(entry, secretHash, requestId);
    }
    if (now >= entry.lookUpAt) this.#refreshLater(entry, secretHash, requestId);
    return entry.verdict;
  }

  /** Looks a key up again, whatever is known of it, and ends what runs with it if it has ended. */
  async recheck(secretHash: Uint8Array, requestId: string): Promise<void> {
    await this.#load(idOf(secretHash), secretHash, requestId);
  }

  /** News of a key: its status after the change. */
  keyChanged(keyId: string, status: string): void {
    this.#changed(
      keyId,
      keyRefusals[status] ?? (status === "active" ? undefined : "invalid_api_key"),
    );
  }

  /** News of a user: the status after the change. */
  userChanged(userId: string, status: string): void {
    this.#changed(userId, status === "active" ? undefined : "auth.user_disabled");
  }

  /** Every change from now on will be told, or, with `false`, may not be. */
  watching(watching: boolean): void {
    this.#watching = watching;
    this.#generation += 1;
    this.#pausedUntil = 0;
  }

  #changed(id: string, refusedAs: ErrorCode | undefined): void {
    for (const { news } of this.#loads.values()) news.add(id);
    for (const entry of this.#entries.of(id)) {
      // A refusal that comes with the news holds at once; anything else has to be asked for. Of
      // changes that raced the news may come in another order, so its next use asks all the same.
      entry.lookUpAt = 0;
      if (refusedAs === undefined || "refusedAs" in entry.verdict) entry.outdated = true;
      else entry.verdict = refusalOf(entry.verdict, refusedAs);
    }
    if (refusedAs !== undefined) this.#options.onEnded(id, refusedAs);
  }

  #isCurrent(entry: KeyEntry, now: number): boolean {
    if (entry.generation !== this.#generation) return false;
    return this.#watching || now - entry.askedAt < unwatchedAgeMs;
  }

  /** A known key of which news may have been missed: asks again, but does not depend on an answer. */
  async #refresh(entry: KeyEntry, secretHash: Uint8Array, requestId: string): Promise<Verdict> {
    const { staleLookupTimeoutMs } = this.#options.config;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(unavailable()), staleLookupTimeoutMs);
    try {
      return await Promise.race([this.#load(entry.id, secretHash, requestId), late]);
    } catch (error) {
      this.#pausedUntil = performance.now() + pauseAfterFailureMs;
      if (entry.outdated) throw error;
      return entry.verdict;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Heals what a lost piece of news would leave wrong for ever. */
  #refreshLater(entry: KeyEntry, secretHash: Uint8Array, requestId: string): void {
    entry.lookUpAt = performance.now() + this.#options.config.softAgeMs;
    this.#load(entry.id, secretHash, requestId).catch((error) => {
      entry.lookUpAt = performance.now() + pauseAfterFailureMs;
      this.#options.log.debug({ error, requestId }, "cannot look a known key up again");
    });
  }

  #load(id: string, secretHash: Uint8Array, requestId: string): Promise<Verdict> {
    const running = this.#loads.get(id);
    if (running) return running.verdict;
    const news = new Set<string>();
    const verdict = this.#ask({ id, secretHash, requestId, news });
    this.#loads.set(id, { verdict, news });
    return verdict;
  }

  async #ask({ id, secretHash, requestId, news }: Question): Promise<Verdict> {
    const { lookup, config } = this.#options;
    try {
      for (let attempt = 1; attempt <= lookupAttemptsMax; attempt += 1) {
        news.clear();
        const asked = { generation: this.#generation, askedAt: performance.now() };
        const signal = AbortSignal.timeout(config.lookupTimeoutMs);
        const verdict = await lookup(secretHash, { requestId, signal });
        // Begun before news may have been missed, it may be as old as what it is to replace.
        if (asked.generation !== this.#generation) continue;
        if (news.has(verdict.keyId) || news.has(verdict.userId)) continue;
        const lookUpAt = asked.askedAt + config.softAgeMs;
        this.#keep({ id, verdict, outdated: false, lookUpAt, ...asked });
        return verdict;
      }
      throw unavailable();
    } finally {
      this.#loads.delete(id);
    }
  }

  #keep(entry: KeyEntry): void {
    this.#entries.set(entry);
    const { verdict } = entry;
    // Also heals what news should have ended: requests that still run with the key.
    if ("refusedAs" in verdict && verdict.keyId !== "" && !endedByTime.has(verdict.refusedAs)) {
      this.#options.onEnded(verdict.keyId, verdict.refusedAs);
    }
  }
}

interface Question {
  readonly id: string;
  readonly secretHash: Uint8Array;
  readonly requestId: string;
  readonly news: Set<string>;
}

const keyRefusals: Readonly<Record<string, ErrorCode>> = {
  disabled: "api_key_disabled",
  expired: "api_key_expired",
  deleted: "invalid_api_key",
};

/** What was begun before that may go on. */
const endedByTime: ReadonlySet<ErrorCode> = new Set(["api_key_expired", "api_key_revoked"]);

const idOf = (secretHash: Uint8Array): string =>
  Buffer.from(secretHash.buffer, secretHash.byteOffset, secretHash.byteLength).toString("latin1");

const refusalOf = ({ keyId, userId }: Verdict, refusedAs: ErrorCode): Refusal => ({
  refusedAs,
  keyId,
  userId,
});

const unavailable = () =>
  new AppError("service.unavailable", "API keys cannot be checked right now.", {
    retryAfterSeconds: 1,
  });
