import { type ChannelFields, type ChannelRecord, neverDiscovered, type Source } from "./records.ts";

export interface NewChannel {
  readonly id: string;
  readonly fields: ChannelFields;
  readonly sealedCredential: Uint8Array | undefined;
  readonly source: Source;
  readonly nowMs: number;
}

export const newChannel = ({ id, fields, nowMs, ...rest }: NewChannel): ChannelRecord => ({
  id,
  ...fields,
  ...rest,
  ...neverDiscovered,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  revision: 1,
});

export type ChannelChange = Pick<NewChannel, "fields" | "sealedCredential" | "nowMs">;

/** A channel with new settings. What its upstream named stays only while it is the same upstream. */
export function changedChannel(
  channel: ChannelRecord,
  { fields, sealedCredential, nowMs }: ChannelChange,
): ChannelRecord {
  const sameUpstream = fields.provider === channel.provider && fields.baseUrl === channel.baseUrl;
  const { discovered, discoveredAtMs } =
    sameUpstream && fields.modelSource !== "list" ? channel : neverDiscovered;
  return {
    ...channel,
    ...fields,
    // Any change asks for a new discovery: one that is under way now belongs to the old settings.
    ...neverDiscovered,
    discovered,
    discoveredAtMs,
    sealedCredential,
    updatedAtMs: nowMs,
    revision: channel.revision + 1,
  };
}
