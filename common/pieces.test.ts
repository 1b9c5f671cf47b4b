import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Pieces } from "./pieces.ts";

test("bytes come out in the order in which they went in, however they were cut", () => {
  const whole = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  for (const sizes of [[1], [1, 2_000], [700, 1_024, 1_025], [5, 70_000, 3], [300_000]]) {
    const pieces = new Pieces();
    for (let at = 0, turn = 0; at < whole.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(whole.subarray(at, at + size));
      at += size;
    }
    assert.equal(pieces.length, whole.length);
    assert.ok(pieces.take().equals(whole), `cut into ${sizes}`);
    assert.equal(pieces.length, 0);
  }
});

test("taking leaves nothing behind, and what was taken stays as it is", () => {
  const pieces = new Pieces();
  for (const text of ["a", "b", "c"]) pieces.push(Buffer.from(text));
  const first = pieces.take();
  for (const text of ["d", "e", "f"]) pieces.push(Buffer.from(text));
  assert.equal(pieces.take().toString(), "def");
  assert.equal(first.toString(), "abc");
  assert.equal(pieces.take().length, 0);
});

test("single bytes are held at a small multiple of themselves", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const heldBytes = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const bytes = 1024 * 1024;
  const pieces = new Pieces();
  const before = heldBytes();
  for (let index = 0; index < bytes; index += 1) pieces.push(Buffer.from("x"));
  const held = heldBytes() - before;
  assert.ok(held < 4 * bytes, `${held} bytes are held for ${bytes}`);
  assert.equal(pieces.take().length, bytes);
});
