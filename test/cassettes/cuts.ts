/** Cuts an answer's bytes into the pieces that an upstream writes. */
export type Cut = (body: Buffer) => Buffer[];

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

const every =
  (size: number): Cut =>
  (body) =>
    Array.from({ length: Math.ceil(body.length / size) }, (_, index) =>
      body.subarray(index * size, (index + 1) * size),
    );

/** Between the two characters of a line end, between two line ends, and inside each character. */
const insideSeparators: Cut = (body) => {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let at = 1; at < body.length; at += 1) {
    if (!isInside(body[at - 1] ?? 0, body[at] ?? 0)) continue;
    pieces.push(body.subarray(start, at));
    start = at;
  }
  return [...pieces, body.subarray(start)];
};

const isInside = (before: number, after: number): boolean =>
  isContinuation(after) || (isLineEnd(before) && isLineEnd(after));
const isLineEnd = (byte: number) => byte === lineFeed || byte === carriageReturn;
const isContinuation = (byte: number) => (byte & 0xc0) === 0x80;

export const cuts = {
  whole: (body: Buffer) => [body],
  "into 997 bytes": every(997),
  "into 13 bytes": every(13),
  "inside separators and characters": insideSeparators,
} as const satisfies Record<string, Cut>;
