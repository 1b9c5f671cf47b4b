import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CompiledQuery } from "kysely";
import { pino } from "pino";
import { databases, limits, type TestDatabase } from "../../test/support/databases.ts";
import { containsText } from "./contains-text.ts";
import { columnTypes, type Database, type Migrations } from "./database.ts";
import { openDatabase } from "./open-database.ts";
import { isUniqueViolation } from "./unique-violation.ts";

interface Tables {
  account: { id: string; name: string; balance: number; secret: Uint8Array | null };
}

const migrations: Migrations = {
  "001_account": async (sql) => {
    await sql.schema
      .createTable("account")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("balance", columnTypes.bigint, (column) => column.notNull())
      .addColumn("secret", columnTypes.bytes)
      .execute();
  },
};

const log = pino({ level: "silent" });
const account = (id: string, balance = 0) => ({ id, name: `name of ${id}`, balance, secret: null });

for (const engine of databases()) {
  describe(`a database on ${engine.name}`, engine.options, () => {
    let home: TestDatabase;
    let database: Database<Tables>;
    const open = () =>
      openDatabase<Tables>({ url: home.url, limits, schema: "shop", migrations, log });
    const count = async () =>
      (await database.sql.selectFrom("account").select("id").execute()).length;

    before(async () => {
      home = await engine.create();
      database = await open();
    });
    after(async () => {
      await database?.close();
      await home?.drop();
    });

    test("texts, numbers to 2^53, null and bytes come back as they were written", async () => {
      const row = {
        id: "types",
        name: "ä\u{1F600}'\"",
        balance: Number.MAX_SAFE_INTEGER,
        secret: Uint8Array.of(0, 1, 255),
      };
      await database.sql.insertInto("account").values(row).execute();
      const read = await database.sql
        .selectFrom("account")
        .selectAll()
        .where("id", "=", "types")
        .executeTakeFirstOrThrow();
      assert.deepEqual({ ...read, secret: Uint8Array.from(read.secret ?? []) }, row);
      const { rows, total } = await database.sql
        .selectFrom("account")
        .select((q) => [
          q.fn.countAll<number>().as("rows"),
          q.fn.sum<number>("balance").as("total"),
        ])
        .executeTakeFirstOrThrow();
      assert.deepEqual([rows, total], [1, Number.MAX_SAFE_INTEGER]);
    });

    test("a transaction that fails leaves nothing behind, and the next one works", async () => {
      const before = await count();
      await assert.rejects(
        database.sql.transaction().execute(async (sql) => {
          await sql.insertInto("account").values(account("rolled-back")).execute();
          throw new Error("changed my mind");
        }),
        /changed my mind/,
      );
      await assert.rejects(
        database.sql.transaction().execute(async (sql) => {
          await sql.insertInto("account").values(account("twice")).execute();
          await sql.insertInto("account").values(account("twice")).execute();
        }),
        (error) => isUniqueViolation(error),
      );
      assert.equal(await count(), before);
      await database.sql
        .transaction()
        .execute((sql) => sql.insertInto("account").values(account("kept")).execute());
      assert.equal(await count(), before + 1);
    });

    test("of many concurrent increments none is lost", async () => {
      await database.sql.insertInto("account").values(account("counter")).execute();
      await Promise.all(
        Array.from({ length: 50 }, () =>
          database.sql
            .updateTable("account")
            .set((q) => ({ balance: q("balance", "+", 1) }))
            .where("id", "=", "counter")
            .execute(),
        ),
      );
      const row = await database.sql
        .selectFrom("account")
        .select("balance")
        .where("id", "=", "counter")
        .executeTakeFirstOrThrow();
      assert.equal(row.balance, 50);
    });

    test("statements outside a transaction never slip into it", async () => {
      const inside = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const rolledBack = database.sql.transaction().execute(async (sql) => {
        await sql.insertInto("account").values(account("inside")).execute();
        inside.resolve();
        await goOn.promise;
        throw new Error("roll back");
      });
      await inside.promise;
      const outside = database.sql.insertInto("account").values(account("outside")).execute();
      goOn.resolve();
      await assert.rejects(rolledBack, /roll back/);
      await outside;
      const ids = await database.sql
        .selectFrom("account")
        .select("id")
        .where("id", "in", ["inside", "outside"])
        .execute();
      assert.deepEqual(ids, [{ id: "outside" }]);
    });

    test("a unique violation names its column, and nothing else is one", async () => {
      const violation = async (values: Tables["account"]) => {
        const failed = await database.sql
          .insertInto("account")
          .values(values)
          .execute()
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        return ["id", "name"].filter((column) => isUniqueViolation(failed, column));
      };
      await database.sql.insertInto("account").values(account("unique")).execute();
      assert.deepEqual(await violation(account("unique")).then((columns) => columns.length), 1);
      assert.deepEqual(await violation({ ...account("other"), name: "name of unique" }), ["name"]);
      assert.equal(isUniqueViolation(new Error("no")), false);
    });

    test("a searched text means itself in any case, wildcards included", async () => {
      await database.sql
        .insertInto("account")
        .values({ ...account("w"), name: "50%_Ö\\" })
        .execute();
      const find = async (text: string) =>
        (
          await database.sql
            .selectFrom("account")
            .select("id")
            .where(containsText("name", text))
            .execute()
        ).length;
      assert.equal(await find("0%_ö\\"), 1);
      assert.equal(await find("5_%"), 0);
    });

    test("a searched text finds itself, whatever the engine takes for its lower case", async () => {
      for (const name of ["İstanbul", "ΟΔΟΣ", "STRASSE", "straße", "ﬁle", "\u{10400}"]) {
        await database.sql
          .insertInto("account")
          .values({ ...account(name), name })
          .execute();
        const found = await database.sql
          .selectFrom("account")
          .select("name")
          .where(containsText("name", name))
          .execute();
        assert.deepEqual(found, [{ name }]);
      }
    });

    test("a database that refuses to write is unavailable, not a defect of ours", async () => {
      const writing = database.sql.transaction().execute(async (transaction) => {
        const refuse =
          engine.name === "sqlite" ? "pragma query_only = on" : "set transaction read only";
        await transaction.executeQuery(CompiledQuery.raw(refuse));
        await transaction.insertInto("account").values(account("refused")).execute();
      });
      await assert.rejects(writing, { code: "service.unavailable" });
      if (engine.name === "sqlite") {
        await database.sql.executeQuery(CompiledQuery.raw("pragma query_only = off"));
      }
      await database.sql.insertInto("account").values(account("taken again")).execute();
    });

    test("replicas that start at the same moment migrate once, and a restart not again", async (t) => {
      const fresh = await engine.create();
      t.after(fresh.drop);
      const start = () =>
        openDatabase<Tables>({ url: fresh.url, limits, schema: "shop", migrations, log });
      const replicas = await Promise.all([start(), start(), start()]);
      await replicas[0]?.sql.insertInto("account").values(account("shared")).execute();
      assert.equal((await replicas[2]?.sql.selectFrom("account").selectAll().execute())?.length, 1);
      await Promise.all(replicas.map((replica) => replica.close()));
      await (await start()).close();
    });

    test("a database that a newer version has changed is not opened, and not called corrupt", async (t) => {
      const place = await engine.create();
      t.after(() => place.drop());
      const openWith = (known: Migrations) =>
        openDatabase({ url: place.url, limits, schema: "shop", migrations: known, log });
      const newer = await openWith({ ...migrations, "002_later": async () => {} });
      await newer.close();
      await assert.rejects(
        openWith(migrations),
        /^DatabaseOpenError: cannot open .*another version has changed it \(migration 002_later\)/,
      );
    });

    test("a migration that fails leaves nothing behind and stops the opening", async (t) => {
      const fresh = await engine.create();
      t.after(fresh.drop);
      const broken: Migrations = {
        ...migrations,
        "002_broken": async (sql) => {
          await sql.schema.createTable("half").addColumn("id", "text").execute();
          throw new Error("migration 002 is broken");
        },
      };
      const start = (all: Migrations) =>
        openDatabase<Tables>({ url: fresh.url, limits, schema: "shop", migrations: all, log });
      await assert.rejects(
        start(broken),
        /^DatabaseOpenError: cannot open .*migration 002 is broken$/,
      );
      const opened = await start(migrations);
      const tables = await opened.sql.introspection.getTables();
      assert.equal(
        tables.some((table) => table.name === "half"),
        false,
      );
      await opened.close();
    });
  });
}

test("a database that cannot be opened says so in one sentence without its password", async () => {
  const open = (url: string) => openDatabase({ url, limits, schema: "shop", migrations, log });
  const message = (pattern: RegExp) => (error: Error) => {
    assert.equal(error.name, "DatabaseOpenError");
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /hunter2|\n/);
    return true;
  };
  await assert.rejects(open("sqlite:/nowhere/at/all.db"), message(/cannot open .*no such file/));
  await assert.rejects(open("mysql://x:hunter2@h/d"), message(/mysql:\/\/h\/d is no database/));
  await assert.rejects(
    open("postgres://u:hunter2@127.0.0.1:1/d"),
    message(/cannot open the database postgres:\/\/127.0.0.1:1\/d: .+/),
  );
  for (const url of [
    "postgres://u:hunt/hunter2@h/d",
    "postgres://u:a@hunter2@127.0.0.1:1/d",
    "postgres://u:a?hunter2@127.0.0.1:1/d",
    "postgres://127.0.0.1:1/d?password=hunter2@hunter2",
    "u:hunter2@h/d",
  ]) {
    await assert.rejects(open(url), message(/cannot open|is no database/));
  }
});
