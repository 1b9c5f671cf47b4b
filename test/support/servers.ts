/** Where the servers that `npm test` started listen; unset when one could not be had. */
export const servers = {
  /** A superuser's connection string; each test file makes a database of its own. */
  postgres: process.env["TEST_POSTGRES_URL"],
  /** `host:port`; each test file uses a key prefix of its own. */
  etcd: process.env["TEST_ETCD_ENDPOINT"],
  redis: process.env["TEST_REDIS_URL"],
};

/** Test options that skip, visibly, when a server is missing. With `CI=true` the run fails then. */
export const needs = (server: keyof typeof servers): { skip: string | false } => ({
  skip: servers[server] ? false : `${server} is not available on this machine`,
});
