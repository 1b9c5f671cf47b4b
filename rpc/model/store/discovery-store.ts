import type { Kysely, Selectable } from "kysely";
import type { ChannelRecord, DiscoveredModel } from "../records.ts";
import { toRecord } from "./channel-row.ts";
import type { ChannelRow, ModelTables } from "./schema.ts";

/** What the upstreams of the channels named, and which replica asks them next. */
export interface DiscoveryStore {
  /** Enabled channels whose upstream should be asked for its models, longest waiting first. */
  stale(age: DiscoveryAge, limit: number): Promise<ChannelRecord[]>;
  /**
   * Takes it on the caller to ask the upstream, as of the given record. False when another replica
   * did so already, or when the settings have changed since.
   */
  claim(channel: ChannelRecord, nowMs: number): Promise<boolean>;
  /** Records how a claimed discovery ended; false when the settings have changed since. */
  end(channel: ChannelRecord, outcome: DiscoveryOutcome): Promise<boolean>;
}

export interface DiscoveryAge {
  /** A list learnt before this moment is stale. */
  readonly freshSinceMs: number;
  /** An attempt before this moment that failed, or that was never ended, may be repeated. */
  readonly retrySinceMs: number;
}

export type DiscoveryOutcome =
  | { readonly discovered: DiscoveredModel[]; readonly discoveredAtMs: number }
  | { readonly error: string }
  /** Nothing was learnt; the next replica that looks may try. */
  | "released";

export function createDiscoveryStore(sql: Kysely<ModelTables>): DiscoveryStore {
  const asRead = ({ id, revision }: ChannelRecord) => ({ id, revision });
  return {
    async stale({ freshSinceMs, retrySinceMs }, limit) {
      const rows = await sql
        .selectFrom("channels")
        .selectAll()
        .where("enabled", "=", 1)
        .where("model_source", "!=", "list")
        .where("discovery_claimed_at_ms", "<=", retrySinceMs)
        .where(({ eb, or, ref }) =>
          or([
            eb("discovery_claimed_at_ms", "<=", freshSinceMs),
            eb("discovery_error", "!=", ""),
            eb("discovered_at_ms", "<", ref("discovery_claimed_at_ms")),
          ]),
        )
        .orderBy("discovery_claimed_at_ms")
        .limit(limit)
        .execute();
      return rows.map(toRecord);
    },
    async claim(channel, nowMs) {
      const { numUpdatedRows } = await sql
        .updateTable("channels")
        .set({ discovery_claimed_at_ms: nowMs })
        .where(({ and }) => and(asRead(channel)))
        .where("discovery_claimed_at_ms", "=", channel.discoveryClaimedAtMs)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async end(channel, outcome) {
      const { numUpdatedRows } = await sql
        .updateTable("channels")
        .set(discoveryColumns(channel, outcome))
        .where(({ and }) => and(asRead(channel)))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
  };
}

function discoveryColumns(
  channel: ChannelRecord,
  outcome: DiscoveryOutcome,
): Partial<Selectable<ChannelRow>> {
  if (outcome === "released") return { discovery_claimed_at_ms: channel.discoveryClaimedAtMs };
  if ("error" in outcome) return { discovery_error: outcome.error };
  return {
    discovered: JSON.stringify(outcome.discovered),
    discovered_at_ms: outcome.discoveredAtMs,
    discovery_error: "",
  };
}
