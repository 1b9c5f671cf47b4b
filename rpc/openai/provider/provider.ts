import type { Upstream } from "../upstream/upstream.ts";

/** What makes one provider different from the others. Most are nothing but this data. */
export interface Provider {
  /** As channels name it. */
  readonly name: string;
  /** Undefined when each channel has to say its own. */
  readonly baseUrl: string | undefined;
  /** The headers that carry a credential. */
  readonly credentialHeaders: (credential: string) => Readonly<Record<string, string>>;
  /** The caller's headers that only this provider knows, lower case. */
  readonly requestHeaders: readonly string[];
  /** Headers of its answers that only this provider has and a caller may see, lower case. */
  readonly responseHeaders: readonly string[];
  /**
   * Whether a stream reports usage only with `stream_options.include_usage`, which is then added for
   * the sake of accounting, or in any case, so that the request can stay as it is.
   */
  readonly streamUsage: "on_request" | "always";
  /**
   * Whether a whole stream always ends in `[DONE]`. Where it need not, one that closed after a
   * `finish_reason` counts as whole.
   */
  readonly endsWithDone: boolean;
  /** Answers in this process, without a network. */
  readonly serve?: Upstream;
}

/** OpenAI's own ways, which most others share. */
export const openaiLike = {
  credentialHeaders: (credential: string) => ({ authorization: `Bearer ${credential}` }),
  requestHeaders: [],
  responseHeaders: [],
  streamUsage: "on_request",
  endsWithDone: true,
} as const satisfies Partial<Provider>;
