import { networkInterfaces } from "node:os";
import { z } from "zod";

/** Where a server listens, as `host:port` in configuration. */
export const ListenAddress = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):\d{1,5}$/, "expected host:port")
  .describe("`host:port` to listen on; 0.0.0.0 for every address, port 0 for any free one.");

/** Takes a `ListenAddress` apart. */
export function splitHostPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { host, port: Number(address.slice(colon + 1)) };
}

const wildcards = ["0.0.0.0", "::"];

/** The host to register: as configured, else the one listened on, else this machine's outer one. */
export function advertisedHost(config: {
  readonly listen: string;
  readonly advertiseHost?: string | undefined;
}): string {
  if (config.advertiseHost) return config.advertiseHost;
  const { host } = splitHostPort(config.listen);
  return wildcards.includes(host) ? (outerAddress() ?? "127.0.0.1") : host;
}

export const joinHostPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

const outerAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
