/** Bytes `start` up to `end` give way to `text`; `start === end` inserts. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A copy of `body` with the edits made and every other byte as it was. Edits must not overlap. */
export function splice(body: Uint8Array, edits: readonly Edit[]): Buffer {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, text } of [...edits].sort((one, other) => one.start - other.start)) {
    pieces.push(body.subarray(at, start), Buffer.from(text));
    at = end;
  }
  pieces.push(body.subarray(at));
  return Buffer.concat(pieces);
}

/** The edit that gives a JSON object one more key, as its first. `object` has to be valid JSON. */
export function insertion(object: Uint8Array, key: string, valueJson: string): Edit {
  const afterBrace = object.indexOf(openBrace) + 1;
  let next = afterBrace;
  while (Number(object[next]) <= space) next += 1;
  const separator = object[next] === closeBrace ? "" : ",";
  const text = `${JSON.stringify(key)}:${valueJson}${separator}`;
  return { start: afterBrace, end: afterBrace, text };
}

const openBrace = 0x7b;
const closeBrace = 0x7d;
const space = 0x20;
