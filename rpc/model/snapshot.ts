import { create } from "@bufbuild/protobuf";
import {
  type Catalogue,
  CatalogueSchema,
  type Route,
  RouteSchema,
  type RouteTable,
  RouteTableSchema,
} from "../../gen/rpc/model/model_pb.ts";
import type { ChannelRecord, ModelRecord, ServedName } from "./records.ts";

/** What watchers hold: derived from the store as a whole, never changed in place. */
export interface Snapshot {
  readonly catalogue: Catalogue;
  readonly routes: RouteTable;
}

/** `channels` oldest first: where two serve the same name, the older one tells about it. */
export function buildSnapshot(models: ModelRecord[], channels: ChannelRecord[]): Snapshot {
  const enabled = channels.filter((channel) => channel.enabled);
  return {
    catalogue: buildCatalogue(models, enabled),
    routes: create(RouteTableSchema, { routes: enabled.map(toRoute) }),
  };
}

export const toRoute = (channel: ChannelRecord): Route =>
  create(RouteSchema, {
    channelId: channel.id,
    channelName: channel.name,
    provider: channel.provider,
    baseUrl: channel.baseUrl,
    sealedCredential: channel.sealedCredential ?? new Uint8Array(),
    models: servedNames(channel),
    anyName: channel.modelSource === "any",
    allowPrivateNetwork: channel.allowPrivateNetwork,
  });

/** The names that a channel is known to serve. A name mapped by hand beats the upstream's own. */
function servedNames(channel: ChannelRecord): ServedName[] {
  if (channel.modelSource === "list") return channel.models;
  const mapped = new Set(channel.models.map(({ name }) => name));
  const discovered = channel.discovered
    .filter(({ name }) => !mapped.has(name))
    .map(({ name }) => ({ name, upstreamName: "" }));
  return [...channel.models, ...discovered];
}

function buildCatalogue(models: ModelRecord[], enabled: ChannelRecord[]): Catalogue {
  const known = new Map(models.map((model) => [model.id, model]));
  const entries = new Map<string, EntryInit>();
  const add = (id: string, fallback: Omit<EntryInit, "id">) => {
    if (entries.has(id)) return;
    const model = known.get(id);
    const owner = model?.owner || fallback.owner;
    entries.set(id, { id, owner, createdAtMs: model?.createdAtMs ?? fallback.createdAtMs });
  };
  for (const channel of enabled) {
    const foundAt = new Map(channel.discovered.map(({ name, foundAtMs }) => [name, foundAtMs]));
    for (const { name } of servedNames(channel)) {
      const createdAtMs = foundAt.get(name) ?? channel.createdAtMs;
      add(name, { owner: channel.provider, createdAtMs });
    }
    if (channel.modelSource !== "any") continue;
    for (const { id, createdAtMs } of models) add(id, { owner: channel.provider, createdAtMs });
  }
  return create(CatalogueSchema, {
    entries: [...entries.values()].sort((one, other) => (one.id < other.id ? -1 : 1)),
    anyName: enabled.some((channel) => channel.modelSource === "any"),
  });
}

interface EntryInit {
  readonly id: string;
  readonly owner: string;
  readonly createdAtMs: number;
}
