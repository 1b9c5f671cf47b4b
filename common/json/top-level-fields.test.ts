import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AppError } from "../errors.ts";
import { topLevelFields } from "./top-level-fields.ts";

const depthMax = 32;
const wanted = ["model", "stream", "stream_options"];

const fieldsOf = (body: string | Uint8Array): Record<string, unknown> => {
  const bytes = Buffer.from(body);
  const found = topLevelFields(bytes, wanted, depthMax);
  return Object.fromEntries(
    [...found].map(([name, { start, end }]) => [
      name,
      JSON.parse(bytes.subarray(start, end).toString()),
    ]),
  );
};

const rejects = (body: string | Uint8Array, message: RegExp) =>
  assert.throws(
    () => fieldsOf(body),
    (error) =>
      error instanceof AppError && error.code === "request.invalid" && message.test(error.message),
    `${Buffer.from(body).toString("latin1").slice(0, 60)} was accepted`,
  );

test("the values of wanted top-level keys are found, others and nested ones are not", () => {
  const body = '{ "a":[{"model":"inner"}], "model" : "m" ,"stream":true,"stream_options":{"x":1}}';
  assert.deepEqual(fieldsOf(body), { model: "m", stream: true, stream_options: { x: 1 } });
  assert.deepEqual(fieldsOf("{}"), {});
});

test("a key written with escapes is the same key", () => {
  assert.deepEqual(fieldsOf('{"mod\\u0065l":"x"}'), { model: "x" });
  rejects('{"model":"a","mod\\u0065l":"b"}', /names 'model' more than once/);
});

test("whatever is not one JSON object in UTF-8 is refused", () => {
  for (const body of ["", " ", "[]", '"x"', "null", "1"]) rejects(body, /has to be a JSON object/);
  const broken = [
    ...['{"a":1}x', '{"a":1,}', "{,}", '{"a"}', '{"a":}', "{a:1}", '{"a":1 "b":2}', '{"a" 1}'],
    ...['{"a":[1,]}', '{"a":[}', '{"a":1', '{"a":tru}', '{"a":1}}', '{"a":1}\u0000', "{"],
    ...['{"a":01}', '{"a":1.}', '{"a":.5}', '{"a":+1}', '{"a":1e}', '{"a":-}', '{"a":NaN}'],
    ...['{"a":"\\x"}', '{"a":"\\u12g4"}', '{"a":"\\', '{"a":"\\u00', '{"a":"x', "{'a':1}"],
    ...['{"a":"\u0001"}', `{"a":"${"y".repeat(200)}\u0001"}`, `{"a":"${"y".repeat(200)}`],
  ];
  for (const body of broken) rejects(body, /not valid JSON: (an unexpected character|it ends) at/);
  rejects("\ufeff{}", /JSON object/);
  rejects(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/);
});

test("nesting is accepted up to the limit and refused beyond it", () => {
  const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
  assert.deepEqual(fieldsOf(nested(depthMax)), {});
  rejects(nested(depthMax + 1), /more than 32 levels deep/);
  rejects(`{"a":${"[".repeat(1_000_000)}`, /more than 32 levels deep/);
});

test("a body is accepted exactly when JSON.parse accepts it, with the same values", () => {
  const key = fc.oneof(fc.constantFrom(...wanted), fc.string());
  const object = fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }));
  const text = fc.tuple(object, fc.constantFrom(undefined, 1, "\t"));
  const mutation = fc.record({
    at: fc.nat(),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.constant(""),
      fc.string({ maxLength: 2 }),
      fc.constantFrom(...'{}[],:"\\ \n01-+.eEtfn\u0000\u001f', "\\u00e9", "\\ud800", "\\q"),
    ),
  });
  const property = fc.property(
    text,
    fc.array(mutation, { maxLength: 2 }),
    ([value, space], all) => {
      let body = JSON.stringify(value, null, space);
      for (const { at, remove, insert } of all) {
        const start = at % (body.length + 1);
        body = body.slice(0, start) + insert + body.slice(start + remove);
      }
      sameAsJsonParse(body.toWellFormed());
    },
  );
  fc.assert(property, { numRuns: 3000 });
});

function sameAsJsonParse(body: string) {
  let expected: unknown;
  try {
    expected = JSON.parse(body);
  } catch {
    return rejects(body, /./);
  }
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) {
    return rejects(body, /./);
  }
  let found: Record<string, unknown>;
  try {
    found = fieldsOf(body);
  } catch (error) {
    return assert.match(String(error), /more than once/);
  }
  const known = Object.entries(expected).filter(([name]) => wanted.includes(name));
  assert.deepEqual(found, Object.fromEntries(known));
}

test("time grows with the body's length and not faster, whatever the body holds", () => {
  const worst: Record<string, (bytes: number) => string> = {
    "a long string": (bytes) => `{"a":"${"A".repeat(bytes)}"}`,
    "escaped quotes": (bytes) => `{"a":"${'\\"'.repeat(bytes / 2)}"}`,
    "quotes long after backslashes": (bytes) =>
      `{"a":"${`${"A".repeat(99)}\\n`.repeat(bytes / 101)}"}`,
    "long strings with no backslash": (bytes) =>
      `{"a":[${`"${"A".repeat(97)}",`.repeat(bytes / 100)}1]}`,
    "many keys": (bytes) => `{${'"a":1,'.repeat(bytes / 6)}"b":1}`,
    spaces: (bytes) => `{${" ".repeat(bytes)}}`,
    "a long number": (bytes) => `{"a":${"1".repeat(bytes)}}`,
  };
  for (const [name, build] of Object.entries(worst)) {
    const body = Buffer.from(build(4 * 1024 * 1024));
    const startedAt = performance.now();
    topLevelFields(body, wanted, depthMax);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < 1_000, `${name}: 4 MiB took ${tookMs.toFixed(0)} ms`);
  }
});
