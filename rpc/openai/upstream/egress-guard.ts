import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP } from "node:net";
import { buildConnector } from "undici";
import { AppError } from "../../../common/errors.ts";

/**
 * Opens connections to public addresses only. The guard sits where the address is known that is
 * then connected to, so a name that resolves differently the second time gains nothing.
 */
export function createGuardedConnector(
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: lookupPublic });
  return (target, callback) => {
    // An address in place of a name is never looked up.
    const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
    if (isIP(host) && !isPublicAddress(host)) callback(blockedAddress(), null);
    else connect(target, callback);
  };
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

function lookupPublic(hostname: string, options: LookupOptions, callback: LookupCallback) {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const allowed = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (!first) return callback(blockedAddress(), []);
    if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
}

/** False for what is not an address at all. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, "ipv4");
  // Of IPv6 only the global unicast range is public, and of that not what carries IPv4 inside.
  if (family === 6) return global.check(address, "ipv6") && !notPublic.check(address, "ipv6");
  return false;
}

const blockedAddress = () =>
  new AppError(
    "upstream.blocked_address",
    "The upstream's address is not a public one, and its channel does not allow private networks.",
  );

/** https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister. */
const notPublic = new BlockList();
for (const range of [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
]) {
  const [network = "", prefix] = range.split("/");
  notPublic.addSubnet(network, Number(prefix), "ipv4");
}
for (const range of ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]) {
  const [network = "", prefix] = range.split("/");
  notPublic.addSubnet(network, Number(prefix), "ipv6");
}
const global = new BlockList();
global.addSubnet("2000::", 3, "ipv6");
