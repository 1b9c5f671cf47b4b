import type { Selectable } from "kysely";
import type { ChannelRecord } from "../records.ts";
import type { ChannelRow } from "./schema.ts";

/** A row as the service sees it. */
export const toRecord = (row: Selectable<ChannelRow>): ChannelRecord => ({
  id: row.id,
  name: row.name,
  provider: row.provider,
  baseUrl: row.base_url,
  enabled: row.enabled === 1,
  modelSource: row.model_source,
  models: JSON.parse(row.models),
  sealedCredential: row.sealed_credential ?? undefined,
  allowPrivateNetwork: row.allow_private_network === 1,
  source: row.source,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  revision: row.revision,
  discovered: JSON.parse(row.discovered),
  discoveredAtMs: row.discovered_at_ms,
  discoveryError: row.discovery_error,
  discoveryClaimedAtMs: row.discovery_claimed_at_ms,
});

/** A record as the table holds it. */
export const toRow = (channel: ChannelRecord): ChannelRow => ({
  id: channel.id,
  name: channel.name,
  provider: channel.provider,
  base_url: channel.baseUrl,
  enabled: channel.enabled ? 1 : 0,
  model_source: channel.modelSource,
  models: JSON.stringify(channel.models),
  sealed_credential: channel.sealedCredential ?? null,
  allow_private_network: channel.allowPrivateNetwork ? 1 : 0,
  source: channel.source,
  created_at_ms: channel.createdAtMs,
  updated_at_ms: channel.updatedAtMs,
  revision: channel.revision,
  discovered: JSON.stringify(channel.discovered),
  discovered_at_ms: channel.discoveredAtMs,
  discovery_error: channel.discoveryError,
  discovery_claimed_at_ms: channel.discoveryClaimedAtMs,
});
