import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ChannelSchema } from "../../gen/rpc/model/model_pb.ts";

/** The token classes that have a price of their own. */
export const priceClasses = [
  "input",
  "output",
  "cachedInput",
  "cacheWrite",
  "reasoning",
  "audioInput",
  "audioOutput",
] as const;

/** Micro-USD per million tokens; a class that is left out is unknown. */
export type PriceTable = { readonly [Class in (typeof priceClasses)[number]]?: number | undefined };

/** Who declared an entry: a person through the API, or the configuration file. */
export type Source = "api" | "config";

/** What a catalogue entry says, whoever declared it. */
export interface ModelFields {
  readonly id: string;
  readonly displayName: string;
  readonly owner: string;
  readonly contextTokensMax: number;
  readonly outputTokensMax: number;
  readonly inputModalities: string[];
  readonly outputModalities: string[];
  readonly capabilities: string[];
  readonly prices: PriceTable;
}

/** Some of an entry's fields. */
export type SomeModelFields = { [Field in keyof ModelFields]?: ModelFields[Field] | undefined };

export interface ModelRecord extends ModelFields {
  readonly source: Source;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export const modelSources = ["list", "discover", "any"] as const;
export type ModelSource = (typeof modelSources)[number];

/** A name that callers use, and the upstream's name for it (empty for the same). */
export interface ServedName {
  readonly name: string;
  readonly upstreamName: string;
}

/** A model that an upstream named, and since when it does. */
export interface DiscoveredModel {
  readonly name: string;
  readonly foundAtMs: number;
}

/** What a channel is set to, whoever declared it; its credential is kept apart. */
export interface ChannelFields {
  readonly name: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly enabled: boolean;
  readonly modelSource: ModelSource;
  readonly models: ServedName[];
  readonly allowPrivateNetwork: boolean;
}

/** What is known of an upstream's own list of models. */
export interface DiscoveryState {
  readonly discovered: DiscoveredModel[];
  /** When it was last learnt; 0 for never. */
  readonly discoveredAtMs: number;
  /** Why the last attempt failed; empty when it did not. */
  readonly discoveryError: string;
  /** When a replica last took it on itself to ask; 0 asks for an attempt now. */
  readonly discoveryClaimedAtMs: number;
}

export interface ChannelRecord extends ChannelFields, DiscoveryState {
  readonly id: string;
  /** Sealed with the channel's id; undefined when there is none. */
  readonly sealedCredential: Uint8Array | undefined;
  readonly source: Source;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows with every change of the settings or the credential, so that no change is lost. */
  readonly revision: number;
}

export const neverDiscovered: DiscoveryState = {
  discovered: [],
  discoveredAtMs: 0,
  discoveryError: "",
  discoveryClaimedAtMs: 0,
};

/** A channel as the outside sees it: that there is a credential, never which. */
export const channelMessage = (channel: ChannelRecord): MessageInitShape<typeof ChannelSchema> => ({
  id: channel.id,
  name: channel.name,
  provider: channel.provider,
  baseUrl: channel.baseUrl,
  enabled: channel.enabled,
  modelSource: channel.modelSource,
  models: channel.models,
  discoveredModels: channel.discovered.map(({ name }) => name),
  discoveredAtMs: channel.discoveredAtMs,
  discoveryError: channel.discoveryError,
  hasCredential: channel.sealedCredential !== undefined,
  allowPrivateNetwork: channel.allowPrivateNetwork,
  source: channel.source,
  createdAtMs: channel.createdAtMs,
  updatedAtMs: channel.updatedAtMs,
});
