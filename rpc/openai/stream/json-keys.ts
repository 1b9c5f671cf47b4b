const space = 0x20;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Where the value of the first such key begins, at any depth; -1 when there is none. `quotedKey` is
 * the key with its quotes. Within a JSON string the quotes would be escaped, so what is found
 * stands outside of strings, and the colon tells a key from a value.
 */
export function findKey(json: Buffer, quotedKey: Buffer, from = 0): number {
  let at = json.indexOf(quotedKey, from);
  while (at >= 0) {
    const afterKey = skipSpace(json, at + quotedKey.length);
    if (json[afterKey] === colon) return skipSpace(json, afterKey + 1);
    at = json.indexOf(quotedKey, afterKey);
  }
  return -1;
}

/** Where the values of all such keys begin. */
export function findValues(json: Buffer, quotedKey: Buffer): number[] {
  const found: number[] = [];
  let at = findKey(json, quotedKey);
  while (at >= 0) {
    found.push(at);
    at = findKey(json, quotedKey, at);
  }
  return found;
}

export const isEmptyArray = (json: Buffer, at: number): boolean =>
  json[at] === openBracket && json[skipSpace(json, at + 1)] === closeBracket;

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === space) at += 1;
  return at;
}
