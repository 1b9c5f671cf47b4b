/** Whether a host, as a name, an address or in a Host header's brackets, is this machine's loopback. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
