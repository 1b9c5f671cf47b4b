import type { Finding } from "./findings.ts";

/** An entry of the provider registry, which the openai service has, as far as channels go by it. */
export interface KnownProvider {
  readonly name: string;
  /** Whether it has no address of its own, so that each channel has to say one. */
  readonly needsBaseUrl: boolean;
}

interface ToProvider {
  readonly provider: string;
  readonly baseUrl: string;
}

/** What keeps a new channel from its provider. */
export function checkProvider(channel: ToProvider, providers: readonly KnownProvider[]): Finding[] {
  if (providers.some(({ name }) => name === channel.provider)) {
    return checkHasAddress(channel, providers);
  }
  const names = providers.map(({ name }) => name);
  return [{ path: ["provider"], message: `expected one of ${names.join(", ")}` }];
}

/** The same for a new address of a channel whose provider may since have left the registry. */
export function checkHasAddress(
  { provider, baseUrl }: ToProvider,
  providers: readonly KnownProvider[],
): Finding[] {
  const known = providers.find(({ name }) => name === provider);
  if (baseUrl !== "" || !known?.needsBaseUrl) return [];
  return [
    { path: ["baseUrl"], message: "expected a base URL, as the provider has none of its own" },
  ];
}
