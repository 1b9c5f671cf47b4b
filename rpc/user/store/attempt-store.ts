import type { Kysely, Transaction } from "kysely";
import type { AttemptStore, Attempts } from "../stores.ts";
import type { Tables } from "./schema.ts";

export function createAttemptStore(sql: Kysely<Tables>): AttemptStore {
  return {
    update: (subjects, decide) =>
      sql.transaction().execute(async (transaction) => {
        const before: Attempts[] = [];
        for (const subject of subjects) before.push(await lock(transaction, subject));
        for (const [index, after] of decide(before).entries()) {
          await write(transaction, subjects[index] ?? "", after);
        }
      }),
    async clear(subject) {
      await sql.deleteFrom("login_attempt").where("subject", "=", subject).execute();
    },
    async purge(beforeMs) {
      await sql
        .deleteFrom("login_attempt")
        .where("last_at_ms", "<=", beforeMs)
        .where("blocked_until_ms", "<=", beforeMs)
        .execute();
    },
  };
}

/** The state of a subject, new or not; its row is ours until the transaction ends. */
async function lock(sql: Transaction<Tables>, subject: string): Promise<Attempts> {
  const row = await sql
    .insertInto("login_attempt")
    .values({ subject, failures: 0, last_at_ms: 0, blocked_until_ms: 0 })
    .onConflict((conflict) => conflict.column("subject").doUpdateSet({ subject }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return {
    failures: row.failures,
    lastAtMs: row.last_at_ms,
    blockedUntilMs: row.blocked_until_ms,
  };
}

async function write(sql: Transaction<Tables>, subject: string, after: Attempts): Promise<void> {
  await sql
    .updateTable("login_attempt")
    .set({
      failures: after.failures,
      last_at_ms: after.lastAtMs,
      blocked_until_ms: after.blockedUntilMs,
    })
    .where("subject", "=", subject)
    .execute();
}
