import { networkInterfaces } from "node:os";

const wildcards = ["0.0.0.0", "::", ""];

/** The host to register: as configured, else the one listened on, else this machine's outer one. */
export function advertisedHost(config: {
  readonly host: string;
  readonly advertiseHost?: string | undefined;
}): string {
  if (config.advertiseHost) return config.advertiseHost;
  return wildcards.includes(config.host) ? (outerAddress() ?? "127.0.0.1") : config.host;
}

export const joinHostPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

const outerAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
