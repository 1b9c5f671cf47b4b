import { z } from "zod";

const limits = z.strictObject({
  connectionsMax: z
    .int()
    .min(1)
    .default(20)
    .describe("Connections to PostgreSQL. SQLite has one, in a thread of its own."),
  connectTimeoutMs: z
    .int()
    .min(1)
    .default(5_000)
    .describe("How long a statement waits for a connection to PostgreSQL."),
  statementTimeoutMs: z
    .int()
    .min(1)
    .default(15_000)
    .describe("PostgreSQL ends a statement that runs longer."),
  idleInTransactionTimeoutMs: z
    .int()
    .min(1)
    .default(30_000)
    .describe("PostgreSQL ends a transaction that does nothing for longer."),
  waitersMax: z
    .int()
    .min(1)
    .default(2_000)
    .describe("Statements that may wait for SQLite; more are refused as overload."),
  waitTimeoutMs: z
    .int()
    .min(1)
    .default(15_000)
    .describe("How long a statement waits for SQLite before it is refused as overload."),
});

export const DatabaseLimits = limits.prefault({}).describe("What the services' databases may use.");
export type DatabaseLimits = z.infer<typeof DatabaseLimits>;

export const DatabaseConfig = limits
  .extend({
    url: z
      .string()
      .describe("`postgres://user:password@host:port/database`; each service has its own schema."),
  })
  .describe("The service's database.");
