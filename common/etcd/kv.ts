import { KV } from "../../gen/common/etcd/etcd_pb.ts";
import type { Etcd, RequestOptions } from "./etcd.ts";

export interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface Snapshot {
  readonly entries: readonly Entry[];
  /** The store's revision that the entries belong to: a watch goes on from the one after it. */
  readonly revision: bigint;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const toBytes = (text: string): Uint8Array => encoder.encode(text);
export const toText = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Every key that begins with the prefix, as the majority of the members has it. */
export async function getPrefix(etcd: Etcd, prefix: string): Promise<Snapshot> {
  const { kvs, header } = await etcd.unary(KV.method.range, prefixRange(prefix));
  const entries = kvs.map(({ key, value }) => ({ key: toText(key), value: toText(value) }));
  return { entries, revision: header?.revision ?? 0n };
}

/** The newest revision of the store. */
export async function currentRevision(etcd: Etcd): Promise<bigint> {
  const { header } = await etcd.unary(KV.method.range, { key: toBytes("\0"), countOnly: true });
  return header?.revision ?? 0n;
}

export async function hasKey(etcd: Etcd, key: string): Promise<boolean> {
  return (await etcd.unary(KV.method.range, { key: toBytes(key), countOnly: true })).count > 0n;
}

/** With a lease, the key goes when the lease does. Resolves when the majority has stored it. */
export async function put(
  etcd: Etcd,
  { key, value, lease = 0n }: Entry & { readonly lease?: bigint },
  options?: RequestOptions,
): Promise<void> {
  await etcd.unary(KV.method.put, { key: toBytes(key), value: toBytes(value), lease }, options);
}

export async function deleteKey(etcd: Etcd, key: string): Promise<void> {
  await etcd.unary(KV.method.deleteRange, { key: toBytes(key) });
}

/** From the prefix up to the first key that does not begin with it. */
export function prefixRange(prefix: string): { key: Uint8Array; rangeEnd: Uint8Array } {
  const key = toBytes(prefix);
  const rangeEnd = key.slice();
  // UTF-8 never contains 0xff, so the last byte can always be raised.
  const last = rangeEnd.length - 1;
  rangeEnd[last] = (rangeEnd[last] ?? 0) + 1;
  return { key, rangeEnd };
}
