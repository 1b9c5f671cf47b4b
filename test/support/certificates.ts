import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** An authority and a certificate for 127.0.0.1, in a folder that goes with the test. */
export function makeCertificates(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "apirouter-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca");
  openssl(
    ...["req", "-x509", ...newKey, "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=node"],
    ...["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1"],
  );
  return {
    caFile: join(folder, "ca.pem"),
    certFile: join(folder, "cert.pem"),
    keyFile: join(folder, "key.pem"),
  };
}
