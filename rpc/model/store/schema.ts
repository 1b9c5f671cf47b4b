/** The tables as both engines hold them: flags are 0 or 1, lists and price tables JSON. */
export interface ModelTables {
  models: ModelRow;
  channels: ChannelRow;
}

export interface ModelRow {
  id: string;
  display_name: string;
  owner: string;
  context_tokens_max: number;
  output_tokens_max: number;
  input_modalities: string;
  output_modalities: string;
  capabilities: string;
  prices: string;
  source: "api" | "config";
  created_at_ms: number;
  updated_at_ms: number;
}

export interface ChannelRow {
  id: string;
  name: string;
  provider: string;
  base_url: string;
  enabled: number;
  model_source: "list" | "discover" | "any";
  models: string;
  sealed_credential: Uint8Array | null;
  allow_private_network: number;
  source: "api" | "config";
  created_at_ms: number;
  updated_at_ms: number;
  revision: number;
  discovered: string;
  discovered_at_ms: number;
  discovery_error: string;
  discovery_claimed_at_ms: number;
}
