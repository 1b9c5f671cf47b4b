import { isLoopback } from "../../common/access/loopback.ts";
import type { ManagementRequest } from "../types/management.ts";

/** What a proxy says of the client that it speaks for. */
const forwardingHeaders = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/**
 * Whether a request was made on this machine and meant for it. That it came in over loopback does
 * not say so: a proxy on the same host passes on what anybody sends, and a page in a browser here
 * can have its own host name lead to 127.0.0.1 (DNS rebinding).
 */
export function isMadeHere({ env: { record }, req }: ManagementRequest): boolean {
  return (
    record.loopbackListener &&
    isLoopback(record.ip) &&
    isLoopback(hostOf(req.header("host") ?? "")) &&
    forwardingHeaders.every((name) => req.header(name) === undefined)
  );
}

const hostOf = (authority: string): string => authority.replace(/:\d+$/, "").toLowerCase();
