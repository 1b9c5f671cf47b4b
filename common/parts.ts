import type { Events } from "./events/events.ts";
import type { Logger } from "./log.ts";

/** What the composition root hands to a service's context, with just the secrets that it needs. */
export interface Parts<Needed extends keyof Secrets = keyof Secrets> {
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly events: Events;
  readonly secrets: Pick<Secrets, Needed>;
}

/** The secrets that processes share; each at least 32 random bytes. */
export interface Secrets {
  /** Keys the hashes of API keys: gateway and apikey. */
  readonly apiKeyPepper: Uint8Array;
  /** Keys the hashes of passwords: user. */
  readonly passwordPepper: Uint8Array;
  /** Exactly 32 bytes. Seals provider credentials and signing keys: user, model and openai. */
  readonly masterKey: Uint8Array;
}
