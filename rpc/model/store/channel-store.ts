import type { Kysely } from "kysely";
import type { Slice } from "../../../common/access/page.ts";
import { isUniqueViolation } from "../../../common/db/unique-violation.ts";
import type { ChannelRecord } from "../records.ts";
import { toRecord, toRow } from "./channel-row.ts";
import type { ModelTables } from "./schema.ts";

/** The channels' rows, whoever declared them. */
export interface ChannelStore {
  /** Oldest first. */
  all(): Promise<ChannelRecord[]>;
  find(id: string): Promise<ChannelRecord | undefined>;
  /** Oldest first. */
  list(slice: Slice): Promise<{ channels: ChannelRecord[]; total: number }>;
  count(): Promise<number>;
  /** False when the name is taken. */
  insert(channel: ChannelRecord): Promise<boolean>;
  /**
   * Writes the settings of a channel that was read at `revision`. "changed" means that somebody
   * else was faster, or that the channel is gone: nothing was written.
   */
  replace(channel: ChannelRecord, revision: number): Promise<"ok" | "changed" | "name_taken">;
  remove(id: string): Promise<void>;
  /** Makes the channel as it is given, whether or not there is one with its id. */
  put(channel: ChannelRecord): Promise<void>;
}

export function createChannelStore(sql: Kysely<ModelTables>): ChannelStore {
  const oldestFirst = () =>
    sql.selectFrom("channels").selectAll().orderBy("created_at_ms").orderBy("id");
  const count = async () => {
    const { total } = await sql
      .selectFrom("channels")
      .select(({ fn }) => fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    return total;
  };
  return {
    count,
    async all() {
      return (await oldestFirst().execute()).map(toRecord);
    },
    async find(id) {
      const row = await oldestFirst().where("id", "=", id).executeTakeFirst();
      return row && toRecord(row);
    },
    async list({ offset, limit }) {
      const [rows, total] = await Promise.all([
        oldestFirst().limit(limit).offset(offset).execute(),
        count(),
      ]);
      return { channels: rows.map(toRecord), total };
    },
    async insert(channel) {
      try {
        await sql.insertInto("channels").values(toRow(channel)).execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error, "name")) return false;
        throw error;
      }
    },
    async replace(channel, revision) {
      try {
        const { numUpdatedRows } = await sql
          .updateTable("channels")
          .set(toRow(channel))
          .where("id", "=", channel.id)
          .where("revision", "=", revision)
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n ? "ok" : "changed";
      } catch (error) {
        if (isUniqueViolation(error, "name")) return "name_taken";
        throw error;
      }
    },
    async remove(id) {
      await sql.deleteFrom("channels").where("id", "=", id).execute();
    },
    async put(channel) {
      const row = toRow(channel);
      await sql
        .insertInto("channels")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
        .execute();
    },
  };
}
