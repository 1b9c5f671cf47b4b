import type { Kysely } from "kysely";
import type { Logger } from "../log.ts";
import type { DatabaseLimits } from "./database-config.ts";

/**
 * One service's own tables, on either engine. The same queries run on both when they keep to text,
 * numbers, `null` and bytes: a flag is a number, JSON is text, a time is ms since the epoch.
 */
export interface Database<Tables> {
  readonly sql: Kysely<Tables>;
  readonly engine: Engine;
  /** Waits for what is running. */
  close(): Promise<void>;
}

export type Engine = "sqlite" | "postgres";

/**
 * Migrations by name, run in the order of their names, each once and each in a transaction. They
 * only expand (new tables, new nullable columns, new indexes), since replicas of the version before
 * are still serving when they run. A name is kept for good, alike or not: databases hold it.
 */
export type Migrations = Readonly<Record<string, (sql: Kysely<unknown>) => Promise<void>>>;

/** Column types that mean the same on both engines. Texts are `text`, numbers below 2^31 `integer`. */
export const columnTypes = {
  /** Whole numbers to 2^53, such as times and money. */
  bigint: "bigint",
  /** Bytes. SQLite takes any name of a type, and keeps bytes as they are under this one. */
  bytes: "bytea",
} as const;

/** Which database, and what may be used of it. */
export interface DatabaseLocation {
  /** `sqlite:<file>` or `postgres://...`. */
  readonly url: string;
  readonly limits: DatabaseLimits;
}

export interface OpenOptions extends DatabaseLocation {
  /** The PostgreSQL schema that the service owns; SQLite has a file for each service instead. */
  readonly schema: string;
  readonly migrations: Migrations;
  readonly log: Logger;
}

/** The database cannot be used at all; `message` is one sentence for the person who starts us. */
export class DatabaseOpenError extends Error {
  override readonly name = "DatabaseOpenError";
}
