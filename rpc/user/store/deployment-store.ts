import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

export interface SigningKeyRecord {
  readonly kid: string;
  /** JSON Web Key. */
  readonly publicJwk: string;
  readonly privateSealed: Uint8Array;
  readonly createdAtMs: number;
}

/** What exists once for the whole deployment: the replica that starts first makes it. */
export interface DeploymentStore {
  /** Keeps `candidate` unless there is a key already; returns the one that counts. */
  signingKey(candidate: SigningKeyRecord): Promise<SigningKeyRecord>;
  /** Keeps `candidate` unless there is a value already; returns the one that counts. */
  setupToken(candidate: Uint8Array): Promise<Uint8Array>;
}

export function createDeploymentStore(sql: Kysely<Tables>): DeploymentStore {
  return {
    async signingKey(candidate) {
      await sql
        .insertInto("signing_key")
        .values({
          slot: "current",
          kid: candidate.kid,
          public_jwk: candidate.publicJwk,
          private_sealed: candidate.privateSealed,
          created_at_ms: candidate.createdAtMs,
        })
        .onConflict((conflict) => conflict.column("slot").doNothing())
        .execute();
      const row = await sql
        .selectFrom("signing_key")
        .selectAll()
        .where("slot", "=", "current")
        .executeTakeFirstOrThrow();
      return {
        kid: row.kid,
        publicJwk: row.public_jwk,
        privateSealed: row.private_sealed,
        createdAtMs: row.created_at_ms,
      };
    },
    async setupToken(candidate) {
      await sql
        .insertInto("deployment")
        .values({ name: "setup_token", value: candidate })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .execute();
      const { value } = await sql
        .selectFrom("deployment")
        .select("value")
        .where("name", "=", "setup_token")
        .executeTakeFirstOrThrow();
      if (!value) throw new Error("the setup token in the store is empty");
      return value;
    },
  };
}
