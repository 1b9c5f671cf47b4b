import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../../common/log.ts";
import { changedChannel, newChannel } from "./channel-record.ts";
import { channelFields } from "./channel-rules.ts";
import type { DeclaredChannel, DeclaredModel, ModelConfig } from "./config.ts";
import type { Credentials } from "./credentials.ts";
import { modelFields } from "./model-rules.ts";
import type { ChannelRecord, ModelRecord } from "./records.ts";
import type { ChannelStore } from "./store/channel-store.ts";
import type { ModelStore } from "./store/model-store.ts";

export interface DeclaredOptions {
  readonly config: ModelConfig;
  readonly models: ModelStore;
  readonly channels: ChannelStore;
  readonly credentials: Credentials;
  readonly log: Logger;
  readonly nowMs: number;
}

/**
 * Brings the store to what the configuration declares: entries appear, change and vanish with their
 * declaration. Replicas may do this at the same time. Tells whether anything changed.
 */
export async function storeDeclared(options: DeclaredOptions): Promise<boolean> {
  const modelsChanged = await storeModels(options);
  const channelsChanged = await storeChannels(options);
  return modelsChanged || channelsChanged;
}

async function storeModels({ config, models, log, nowMs }: DeclaredOptions): Promise<boolean> {
  const stored = new Map((await models.all()).map((model) => [model.id, model]));
  let changed = false;
  for (const declared of config.models) {
    const old = stored.get(declared.id);
    const record = declaredModel(declared, old, nowMs);
    if (!record) continue;
    if (old?.source === "api") {
      log.warn({ model: old.id }, "the configuration now declares a model made through the API");
    }
    await models.put(record);
    changed = true;
  }
  const ids = new Set(config.models.map(({ id }) => id));
  for (const { id, source } of stored.values()) {
    if (source !== "config" || ids.has(id)) continue;
    await models.removeDeclared(id);
    changed = true;
  }
  return changed;
}

/** Undefined when the store has it already. */
function declaredModel(
  declared: DeclaredModel,
  old: ModelRecord | undefined,
  nowMs: number,
): ModelRecord | undefined {
  const record: ModelRecord = {
    ...modelFields(declared),
    source: "config",
    createdAtMs: old?.createdAtMs ?? nowMs,
    updatedAtMs: old?.updatedAtMs ?? nowMs,
  };
  return isDeepStrictEqual(record, old) ? undefined : { ...record, updatedAtMs: nowMs };
}

async function storeChannels(options: DeclaredOptions): Promise<boolean> {
  const { config, channels, nowMs } = options;
  const stored = new Map((await channels.all()).map((channel) => [channel.id, channel]));
  let changed = false;
  for (const [index, declared] of config.channels.entries()) {
    const id = declaredChannelId(declared.name);
    // A millisecond apart, so that channels declared together keep their order.
    const record = declaredChannel({ ...options, nowMs: nowMs + index }, declared, stored.get(id));
    if (!record) continue;
    await channels.put(record);
    changed = true;
  }
  const ids = new Set(config.channels.map(({ name }) => declaredChannelId(name)));
  for (const { id, source } of stored.values()) {
    if (source !== "config" || ids.has(id)) continue;
    await channels.remove(id);
    changed = true;
  }
  return changed;
}

/** Undefined when the store has it already. */
function declaredChannel(
  { credentials, nowMs }: DeclaredOptions,
  declared: DeclaredChannel,
  old: ChannelRecord | undefined,
): ChannelRecord | undefined {
  const id = declaredChannelId(declared.name);
  const fields = channelFields(declared);
  if (!old) {
    const sealedCredential = credentials.seal(id, declared.credential);
    return newChannel({ id, fields, sealedCredential, source: "config", nowMs });
  }
  // Sealing gives other bytes each time, so an unchanged credential keeps the ones it has.
  const sameCredential = credentials.matches(id, old.sealedCredential, declared.credential);
  if (sameCredential && isDeepStrictEqual(fields, channelFields(old))) return undefined;
  const sealedCredential = sameCredential
    ? old.sealedCredential
    : credentials.seal(id, declared.credential);
  return changedChannel(old, { fields, sealedCredential, nowMs });
}

/** The same in every replica and after every start: a UUID (version 8) made of the name's hash. */
export function declaredChannelId(name: string): string {
  const hex = createHash("sha256").update(`channel:${name}`).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
