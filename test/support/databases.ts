import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Engine } from "../../common/db/database.ts";
import { DatabaseLimits } from "../../common/db/database-config.ts";
import { needs, servers } from "./servers.ts";

/** What `openDatabase` needs beside a URL. */
export const limits = DatabaseLimits.parse({});

/** An engine that store tests run on: `describe(engine.name, engine.options, ...)`. */
export interface TestEngine {
  readonly name: Engine;
  /** Skips, visibly, when the server is missing. */
  readonly options: { readonly skip: string | false };
  /** An empty database of the caller's own. */
  create(): Promise<TestDatabase>;
}

export interface TestDatabase {
  /** For `openDatabase`. */
  readonly url: string;
  /** The file, on SQLite. */
  readonly file: string | undefined;
  drop(): Promise<void>;
}

/** Every engine that a store has to work on. */
export const databases = (): readonly TestEngine[] => [
  { name: "sqlite", options: { skip: false }, create: createFile },
  { name: "postgres", options: needs("postgres"), create: createPostgresDatabase },
];

async function createFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "apirouter-db-"));
  const file = join(folder, "test.db");
  return {
    url: `sqlite:${file}`,
    file,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createPostgresDatabase(): Promise<TestDatabase> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await administrate(`create database ${name}`);
  const url = new URL(servers.postgres ?? "");
  url.pathname = `/${name}`;
  return {
    url: url.href,
    file: undefined,
    drop: () => administrate(`drop database ${name} with (force)`),
  };
}

async function administrate(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: servers.postgres });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
