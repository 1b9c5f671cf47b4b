import { Client } from "pg";

/**
 * Makes a database for each owner on the server that `url` names, unless it exists. Returns the
 * connection string of each.
 */
export async function createDatabases(
  url: string,
  owners: readonly string[],
): Promise<Map<string, string>> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query("select datname from pg_database");
    const existing = new Set(rows.map(({ datname }) => datname));
    for (const owner of owners) {
      if (!existing.has(nameFor(owner))) await client.query(`create database ${nameFor(owner)}`);
    }
  } finally {
    await client.end();
  }
  return new Map(owners.map((owner) => [owner, new URL(nameFor(owner), url).href] as const));
}

const nameFor = (owner: string) => `apirouter_${owner}`;
