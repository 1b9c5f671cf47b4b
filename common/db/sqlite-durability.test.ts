import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { CompiledQuery } from "kysely";
import { pino } from "pino";
import { databases, limits, type TestDatabase } from "../../test/support/databases.ts";
import type { Migrations } from "./database.ts";
import { openDatabase } from "./open-database.ts";

const log = pino({ level: "silent" });
const migrations: Migrations = {
  "001_entry": async (sql) => {
    await sql.schema.createTable("entry").addColumn("id", "integer").execute();
  },
};

const openEntries = ({ url }: TestDatabase) =>
  openDatabase<{ entry: { id: number } }>({ url, limits, schema: "entries", migrations, log });

/** Writes rows for ever and tells of each when it is acknowledged. */
const writer = `
  import { pino } from "pino";
  import { openDatabase } from ${JSON.stringify(import.meta.resolve("./open-database.ts"))};
  const options = { limits: ${JSON.stringify(limits)}, schema: "entries", migrations: {}, log: pino({ level: "silent" }) };
  const database = await openDatabase({ ...options, url: process.argv[1],
    migrations: { "001_entry": async () => {} } });
  for (let id = 1; ; id++) {
    await database.sql.insertInto("entry").values({ id }).execute();
    process.stdout.write(id + "\\n");
  }
`;

test("a write that was acknowledged survives kill -9 of its process", async () => {
  const [sqlite] = databases();
  const home = await sqlite!.create();
  await (await openEntries(home)).close();

  const child = spawn(process.execPath, ["-e", writer, home.url], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let acknowledged = 0;
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line);
    if (acknowledged === 20) child.kill("SIGKILL");
  }
  if (child.signalCode === null) await once(child, "exit");
  assert.equal(child.signalCode, "SIGKILL");

  const database = await openEntries(home);
  const rows = await database.sql.selectFrom("entry").select("id").orderBy("id").execute();
  assert.ok(rows.length >= acknowledged && acknowledged >= 20, `${rows.length} of ${acknowledged}`);
  assert.equal(rows[acknowledged - 1]?.id, acknowledged);
  assert.equal(statSync(home.file ?? "").mode & 0o077, 0, "only its owner may read the file");
  await database.close();
  await home.drop();
});

test("a full disk makes writes unavailable, and they go on when there is room again", async () => {
  const [sqlite] = databases();
  const home = await sqlite!.create();
  const database = await openEntries(home);
  const pragma = (text: string) => database.sql.executeQuery(CompiledQuery.raw(`pragma ${text}`));
  const insert = (ids: number[]) =>
    database.sql.transaction().execute((sql) =>
      sql
        .insertInto("entry")
        .values(ids.map((id) => ({ id })))
        .execute(),
    );
  const many = Array.from({ length: 5_000 }, (_, index) => index + 2);
  await insert([1]);
  // To SQLite the same as a disk that is full.
  await pragma("max_page_count = 1");
  await assert.rejects(insert(many), { code: "service.unavailable" });
  assert.deepEqual(await database.sql.selectFrom("entry").select("id").execute(), [{ id: 1 }]);
  await pragma("max_page_count = 1000000");
  await insert(many);
  await database.close();
  await home.drop();
});

/** Makes more rows than the thread has memory for. */
const tooMuch = `with recursive number(n) as (select 1 union all select n + 1 from number where n < 200)
  select hex(zeroblob(2000000 + n)) from number`;

test("a thread that dies takes its transaction along; the next statement gets a new one", async () => {
  const [sqlite] = databases();
  const home = await sqlite!.create();
  // V8 reads it when a thread starts.
  setFlagsFromString("--max-old-space-size=32");
  const database = await openEntries(home);
  const ids = async () =>
    (await database.sql.selectFrom("entry").select("id").execute()).map(({ id }) => id);
  await database.sql.insertInto("entry").values({ id: 1 }).execute();
  const dying = database.sql.transaction().execute(async (sql) => {
    await sql.insertInto("entry").values({ id: 2 }).execute();
    await sql.executeQuery(CompiledQuery.raw(tooMuch));
  });
  const behind = ids();
  await assert.rejects(dying, { code: "service.unavailable" });
  assert.deepEqual(await behind, [1]);
  await database.sql.insertInto("entry").values({ id: 3 }).execute();
  assert.deepEqual(await ids(), [1, 3]);
  await database.close();
  await home.drop();
});

test("a statement that waits for its own transaction fails instead of hanging for ever", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [sqlite] = databases();
  const home = await sqlite!.create();
  const database = await openEntries(home);
  const stuck = database.sql.transaction().execute(async () => {
    const waiting = database.sql.selectFrom("entry").selectAll().execute();
    setImmediate(() => t.mock.timers.tick(60_000));
    return waiting;
  });
  await assert.rejects(stuck, { code: "service.overloaded" });
  assert.deepEqual(await database.sql.selectFrom("entry").selectAll().execute(), []);
  await database.close();
  await home.drop();
});

test("several that open a new file in the same moment all get it", async () => {
  const [sqlite] = databases();
  for (let round = 0; round < 20; round += 1) {
    const home = await sqlite!.create();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openEntries(home)));
    await Promise.all(opened.map((database) => database.close()));
    await home.drop();
  }
});

test("a file that is no database is refused in one sentence", async () => {
  const [sqlite] = databases();
  const home = await sqlite!.create();
  writeFileSync(home.file ?? "", "this is a shopping list, not a database".repeat(100));
  await assert.rejects(
    openEntries(home),
    /^DatabaseOpenError: cannot open the database sqlite:.*: file is not a database$/,
  );
  await home.drop();
});
