/** Where a service can be reached, as it changes. */
export interface EndpointSource {
  /**
   * Hands over the `host:port`s known now, at once, and all of them again after each change.
   * Returns what ends it.
   */
  subscribe(listener: (addresses: readonly string[]) => void): () => void;
}

/** Addresses from the configuration, for a deployment without discovery. */
export const fixedEndpoints = (addresses: readonly string[]): EndpointSource => ({
  subscribe(listener) {
    listener(addresses);
    return () => {};
  },
});
