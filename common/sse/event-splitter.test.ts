import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventData } from "./event-data.ts";
import { EventSplitter, type SsePiece } from "./event-splitter.ts";

const unbounded = 1 << 20;

function split(chunks: readonly Buffer[], holdBytesMax = unbounded) {
  const splitter = new EventSplitter(holdBytesMax);
  const pieces: SsePiece[] = chunks.flatMap((chunk) => splitter.push(chunk));
  return { pieces, rest: splitter.rest(), splitter };
}

const dataOf = (pieces: readonly SsePiece[]) =>
  pieces.map(({ bytes }) => eventData(bytes)).filter((data) => data !== undefined);

const stream = [
  "\ufeff: a comment\n\n",
  "event: x\ndata: naïve 🙂\n\n",
  "data:no space\r\ndata\r\ndata:  two spaces\r\n\r\n",
  "data: carriage returns\rid: 1\r\r",
  "\n\n",
  'data: {"a":1}\r\n\r\n',
  "data: [DONE]\n\n",
];
const expected = ["naïve 🙂", "no space\n\n two spaces", "carriage returns", '{"a":1}', "[DONE]"];

test("a stream cut at any two bytes gives the same events and the same bytes", () => {
  const bytes = Buffer.from(stream.join(""));
  for (let one = 0; one <= bytes.length; one += 1) {
    for (let other = one; other <= bytes.length; other += 1) {
      const cut = [bytes.subarray(0, one), bytes.subarray(one, other), bytes.subarray(other)];
      const { pieces, rest } = split(cut);
      assert.deepEqual(Buffer.concat([...pieces.map((piece) => piece.bytes), rest]), bytes);
      assert.deepEqual(dataOf(pieces), expected, `cut at ${one} and ${other}`);
      assert.equal(rest.toString().trim(), "");
    }
  }
});

test("an event comes out in the call that brings its last byte", () => {
  for (const event of ["data: 1\n\n", "data: 1\r\n\r\n", "data: 1\r\r"]) {
    const splitter = new EventSplitter(unbounded);
    const bytes = Buffer.from(event);
    // The carriage return of a CRLF pair completes the event already.
    const complete = event.endsWith("\r\n") ? bytes.length - 1 : bytes.length;
    assert.deepEqual(splitter.push(bytes.subarray(0, complete - 1)), []);
    assert.equal(splitter.push(bytes.subarray(complete - 1)).length, 1);
  }
});

test("an event longer than the bound flows on in fragments, and whole events follow", () => {
  const bytes = Buffer.from(`data: ${"x".repeat(100)}\n\ndata: after\n\n`);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += cut) chunks.push(bytes.subarray(at, at + cut));
    const { pieces, splitter } = split(chunks, 20);
    assert.deepEqual(Buffer.concat(pieces.map((piece) => piece.bytes)), bytes);
    assert.equal(splitter.atBoundary, true);
    assert.equal(pieces.at(-1)?.kind, "event");
    assert.deepEqual(dataOf(pieces.slice(-1)), ["after"]);
  }
  const { splitter, pieces } = split([bytes.subarray(0, 50)], 20);
  assert.deepEqual([splitter.atBoundary, pieces[0]?.kind], [false, "fragment"]);
});

test("random bytes in random chunks lose and change nothing", () => {
  const chunk = fc.array(fc.constantFrom(..."da:\r\n ")).map((all) => Buffer.from(all.join("")));
  const property = fc.property(fc.array(chunk), fc.nat(30), (chunks, holdBytesMax) => {
    const { pieces, rest } = split(chunks, holdBytesMax);
    const bytes = Buffer.concat([...pieces.map((piece) => piece.bytes), rest]);
    assert.deepEqual(bytes, Buffer.concat(chunks));
  });
  fc.assert(property, { numRuns: 1000 });
});
