import type { KeyCacheConfig } from "../config.ts";
import type { Verdict } from "./principal.ts";

export interface KeyEntry {
  /** The secret's hash. */
  readonly id: string;
  verdict: Verdict;
  /** News came that says less than a new lookup would: not to be used before that. */
  outdated: boolean;
  /** When to look it up again in the background, on the monotonic clock. */
  lookUpAt: number;
  /** When the services were asked. */
  readonly askedAt: number;
  /** The cache's generation then. */
  readonly generation: number;
}

/**
 * What is known of keys, found by hash, and by the ids of key and owner. Hashes that belong to no
 * key have a room of their own: whoever makes keys up cannot push the real ones out.
 */
export class KeyEntries {
  readonly #known = new Map<string, KeyEntry>();
  readonly #unknown = new Map<string, KeyEntry>();
  readonly #byOwner = new Map<string, Set<KeyEntry>>();
  readonly #config: KeyCacheConfig;

  constructor(config: KeyCacheConfig) {
    this.#config = config;
  }

  get(id: string): KeyEntry | undefined {
    const entry = this.#known.get(id);
    if (!entry) return this.#unknown.get(id);
    // A map keeps the order of insertion, so this makes the first one the least recently used.
    if (this.#known.size > this.#config.keysMax / 2) {
      this.#known.delete(id);
      this.#known.set(id, entry);
    }
    return entry;
  }

  set(entry: KeyEntry): void {
    this.#remove(entry.id);
    const { keyId, userId } = entry.verdict;
    if (keyId === "") {
      this.#unknown.set(entry.id, entry);
      evict(this.#unknown, this.#config.unknownKeysMax, (id) => this.#remove(id));
      return;
    }
    this.#known.set(entry.id, entry);
    this.#index(keyId).add(entry);
    this.#index(userId).add(entry);
    evict(this.#known, this.#config.keysMax, (id) => this.#remove(id));
  }

  /** The entries of a key (more than one while it is being rotated), or of all keys of a user. */
  of(keyOrUserId: string): Iterable<KeyEntry> {
    return this.#byOwner.get(keyOrUserId) ?? [];
  }

  #remove(id: string): void {
    this.#unknown.delete(id);
    const entry = this.#known.get(id);
    if (!entry) return;
    this.#known.delete(id);
    for (const owner of [entry.verdict.keyId, entry.verdict.userId]) {
      const entries = this.#index(owner);
      entries.delete(entry);
      if (entries.size === 0) this.#byOwner.delete(owner);
    }
  }

  #index(owner: string): Set<KeyEntry> {
    const entries = this.#byOwner.get(owner) ?? new Set();
    this.#byOwner.set(owner, entries);
    return entries;
  }
}

function evict(entries: Map<string, KeyEntry>, max: number, remove: (id: string) => void): void {
  if (entries.size <= max) return;
  const [oldest] = entries.keys();
  if (oldest !== undefined) remove(oldest);
}
