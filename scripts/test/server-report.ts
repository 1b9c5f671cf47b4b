import type { ServerSet } from "../servers/server-set.ts";
import type { Report } from "./report.ts";

/** How test/support/servers.ts learns where the servers listen. */
export function serverEnvironment({ etcd, postgres, redis }: ServerSet): NodeJS.ProcessEnv {
  return {
    TEST_ETCD_ENDPOINT: etcd?.address,
    TEST_POSTGRES_URL: postgres?.address,
    TEST_REDIS_URL: redis?.address,
  };
}

/** A missing server is a skipped test on a person's machine and a failed one with `CI=true`. */
export function reportServers(servers: ServerSet, report: Report): void {
  if (servers.missing.length === 0) return;
  const outcome = process.env["CI"] === "true" ? "failed" : "skipped";
  report.file({
    file: "servers",
    durationMs: 0,
    tests: servers.missing.map((detail) => ({
      name: "a server is missing, the tests that need it are skipped",
      outcome,
      durationMs: 0,
      detail,
    })),
  });
}
