import { isIP } from "node:net";
import { createAddressMatcher } from "../../common/access/address-ranges.ts";

/** Gives the address of a request's client: its peer, or whoever trusted proxies say it is. */
export type ClientAddress = (peer: string, forwardedFor: string | string[] | undefined) => string;

/**
 * `X-Forwarded-For` is read from the right: each trusted proxy vouches for the entry before it, and
 * the first address that is not a trusted proxy is the client's. What a stranger wrote is ignored.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = createAddressMatcher(trustedProxies);
  return (peer, forwardedFor) => {
    let address = normalAddress(peer);
    if (forwardedFor === undefined || !isTrusted(address)) return address;
    for (const entry of String(forwardedFor).split(",").reverse()) {
      const named = normalAddress(entry.trim());
      if (isIP(named) === 0) return address;
      address = named;
      if (!isTrusted(address)) return address;
    }
    return address;
  };
}

const mappedPrefix = "::ffff:";

/** An IPv4 address that a dual-stack socket shows as IPv6 becomes IPv4 again. */
export const normalAddress = (address: string): string =>
  address.startsWith(mappedPrefix) && address.includes(".")
    ? address.slice(mappedPrefix.length)
    : address;
