import type { Target } from "../route/route-table.ts";

/** Some servers quote the key that they refuse, and that key is not the caller's to see. */
export function withoutCredential(body: Buffer, { credential }: Target): Buffer {
  if (!credential || !body.includes(credential)) return body;
  return Buffer.from(body.toString("latin1").replaceAll(credential, "***"), "latin1");
}
