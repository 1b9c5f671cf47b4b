import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sql } from "kysely";
import pg from "pg";
import { pino } from "pino";
import { databases, limits } from "../../test/support/databases.ts";
import { needs } from "../../test/support/servers.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import { openDatabase } from "./open-database.ts";

const log = pino({ level: "silent" });

describe("a PostgreSQL that fails", needs("postgres"), () => {
  const postgres = databases().find((engine) => engine.name === "postgres");

  test("ends a statement as unavailable when its connection is cut, and serves the next", async (t) => {
    const home = await postgres!.create();
    const database = await openDatabase({
      url: home.url,
      limits,
      schema: "shop",
      migrations: {},
      log,
    });
    const admin = new pg.Client({ connectionString: home.url });
    await admin.connect();
    t.after(async () => {
      await Promise.all([admin.end(), database.close()]);
      await home.drop();
    });
    await database.sql.connection().execute(async (connection) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
        connection,
      );
      const sleeping = sql`select pg_sleep(30)`.execute(connection);
      await Promise.all([
        assert.rejects(sleeping, { code: "service.unavailable" }),
        admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]),
      ]);
    });
    const { rows } = await sql<{ one: number }>`select 1 as one`.execute(database.sql);
    assert.deepEqual(rows, [{ one: 1 }]);
  });

  test("drops connections that no longer answer, so that what follows is served", async (t) => {
    const home = await postgres!.create();
    const url = new URL(home.url);
    const proxy = await startTcpProxy(t, url.host);
    url.host = proxy.address;
    const database = await openDatabase({
      url: url.href,
      // It is given up after twice the time that a statement may take.
      limits: { ...limits, statementTimeoutMs: 200, connectionsMax: 1 },
      schema: "shop",
      migrations: {},
      log,
    });
    t.after(async () => {
      await database.close();
      await proxy.stop();
      await home.drop();
    });
    const one = sql<{ one: number }>`select 1 as one`;
    const halfway = database.sql.transaction().execute(async (transaction) => {
      await one.execute(transaction);
      proxy.freeze();
      await one.execute(transaction);
    });
    const next = one.execute(database.sql);
    await assert.rejects(halfway, { code: "service.timeout" });
    assert.deepEqual((await next).rows, [{ one: 1 }]);
  });

  test("a text that it cannot keep is the caller's mistake, a wrong query is ours", async (t) => {
    const home = await postgres!.create();
    const database = await openDatabase({
      url: home.url,
      limits,
      schema: "shop",
      migrations: {},
      log,
    });
    t.after(async () => {
      await database.close();
      await home.drop();
    });
    await assert.rejects(sql`select ${"a\0b"}::text`.execute(database.sql), {
      code: "request.invalid",
    });
    await assert.rejects(sql`select nonsense`.execute(database.sql), { code: "42703" });
  });
});
