import assert from "node:assert/strict";
import { test } from "node:test";
import { insertion, splice } from "./splice.ts";

test("edits replace and insert, and leave every other byte as it was", () => {
  const body = Buffer.from('{ "model" : "naïve",\r\n "n":1.0 }');
  const value = body.indexOf('"naïve"');
  const edits = [
    { start: value, end: value + Buffer.byteLength('"naïve"'), text: '"new"' },
    insertion(body, "stream_options", '{"include_usage":true}'),
  ];
  assert.equal(
    splice(body, edits).toString(),
    '{"stream_options":{"include_usage":true}, "model" : "new",\r\n "n":1.0 }',
  );
});

test("a key inserted into an empty object makes a valid object", () => {
  const body = Buffer.from(" { }");
  assert.equal(splice(body, [insertion(body, "a", "1")]).toString(), ' {"a":1 }');
});
