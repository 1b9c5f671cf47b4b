import type { Kysely, SelectQueryBuilder, Transaction } from "kysely";
import { containsText } from "../../../common/db/contains-text.ts";
import { isUniqueViolation } from "../../../common/db/unique-violation.ts";
import { AppError } from "../../../common/errors.ts";
import { keyOf } from "../fields.ts";
import type { PasswordChange, UserFilter, UserRecord, UserStore } from "../stores.ts";
import { administer } from "./administer.ts";
import { register } from "./register.ts";
import { userFromRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

export function createUserStore(sql: Kysely<Tables>): UserStore {
  return {
    async any() {
      const row = await sql.selectFrom("user_account").select("id").limit(1).executeTakeFirst();
      return row !== undefined;
    },
    find: (id) => findWhere(sql, "id", id),
    findByLogin: (login) =>
      findWhere(sql, login.includes("@") ? "email_key" : "username_key", keyOf(login)),
    list: (filter) => list(sql, filter),
    register: (user, session, terms) =>
      namingTaken(
        sql.transaction().execute((transaction) => register(transaction, { user, session, terms })),
      ),
    updateProfile: (id, change, nowMs) => namingTaken(updateProfile(sql, id, { ...change, nowMs })),
    async rehash(id, from, to) {
      await sql
        .updateTable("user_account")
        .set({ password_hash: to })
        .where("id", "=", id)
        .where("password_hash", "=", from)
        .execute();
    },
    changePassword: (change) =>
      sql.transaction().execute((transaction) => changePassword(transaction, change)),
    administer: (parties, decide) =>
      sql.transaction().execute((transaction) => administer(transaction, parties, decide)),
  };
}

async function findWhere(
  sql: Kysely<Tables>,
  column: "id" | "email_key" | "username_key",
  value: string,
): Promise<UserRecord | undefined> {
  const row = await sql
    .selectFrom("user_account")
    .selectAll()
    .where(column, "=", value)
    .executeTakeFirst();
  return row && userFromRow(row);
}

/** In the order of creation, so that a page keeps its place when users are added. */
async function list(sql: Kysely<Tables>, filter: UserFilter) {
  const matching = filtered(sql.selectFrom("user_account"), filter);
  const rows = await matching
    .selectAll()
    .orderBy("id")
    .limit(filter.limit)
    .offset(filter.offset)
    .execute();
  const { total } = await matching
    .select((query) => query.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  return { items: rows.map(userFromRow), total };
}

function filtered<Row>(
  query: SelectQueryBuilder<Tables, "user_account", Row>,
  { status, search }: UserFilter,
) {
  let matching = query;
  if (status) matching = matching.where("status", "=", status);
  if (search) {
    matching = matching.where(({ or }) =>
      or([containsText("username_key", search), containsText("email_key", search)]),
    );
  }
  return matching;
}

async function updateProfile(
  sql: Kysely<Tables>,
  id: string,
  change: { username?: string; email?: string; nowMs: number },
): Promise<UserRecord | undefined> {
  const { username, email, nowMs } = change;
  const row = await sql
    .updateTable("user_account")
    .set({
      updated_at_ms: nowMs,
      ...(username === undefined ? {} : { username, username_key: keyOf(username) }),
      ...(email === undefined ? {} : { email, email_key: keyOf(email) }),
    })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  return row && userFromRow(row);
}

async function changePassword(
  sql: Transaction<Tables>,
  { userId, from, to, keptSessionId, nowMs }: PasswordChange,
): Promise<boolean> {
  const { numUpdatedRows } = await sql
    .updateTable("user_account")
    .set({ password_hash: to, updated_at_ms: nowMs })
    .where("id", "=", userId)
    .where("password_hash", "=", from)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await sql
    .deleteFrom("session")
    .where("user_id", "=", userId)
    .where("id", "!=", keptSessionId)
    .execute();
  return true;
}

/** Tells which name was taken when a write failed for that. */
async function namingTaken<Result>(writing: Promise<Result>): Promise<Result> {
  try {
    return await writing;
  } catch (cause) {
    if (isUniqueViolation(cause, "username_key")) {
      throw new AppError("user.username_taken", "This username is taken.", { cause });
    }
    if (isUniqueViolation(cause, "email_key")) {
      throw new AppError("user.email_taken", "This email address has an account.", { cause });
    }
    throw cause;
  }
}
