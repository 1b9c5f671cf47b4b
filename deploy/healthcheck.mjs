/**
 * `node deploy/healthcheck.mjs http://host:port/path` or `tcp://host:port`: exit code 0 when the
 * address answers, and with a success where it is HTTP. A container has no curl.
 */
import { connect } from "node:net";
import process from "node:process";

const timeoutMs = 2_500;

setTimeout(() => process.exit(1), timeoutMs);
const url = new URL(process.argv[2]);
if (url.protocol === "tcp:") {
  connect(Number(url.port), url.hostname)
    .on("connect", () => process.exit(0))
    .on("error", () => process.exit(1));
} else {
  const { ok } = await fetch(url).catch(() => ({ ok: false }));
  process.exit(ok ? 0 : 1);
}
