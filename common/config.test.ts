import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { ConfigError, parseConfig, readConfig } from "./config.ts";

const schema = z.strictObject({
  name: z.string().default("unnamed"),
  port: z.number().int().default(1),
  nested: z.strictObject({ on: z.boolean().default(false) }).prefault({}),
});

const parse = (text: string, environment: NodeJS.ProcessEnv = {}) =>
  parseConfig(text, { file: "test.yaml", schema, environment });

const failure = (text: string, environment: NodeJS.ProcessEnv = {}) => {
  try {
    parse(text, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail("the configuration was accepted");
};

test("an empty file gives the defaults", () => {
  assert.deepEqual(parse(""), { name: "unnamed", port: 1, nested: { on: false } });
});

test("variables are replaced, with the type that the value would have had if written out", () => {
  const environment = { PORT: "8080", ON: "true", NAME: "a: b # c" };
  const text = "port: ${PORT}\nname: ${NAME}\nnested:\n  on: ${ON}\n";
  const expected = { name: "a: b # c", port: 8080, nested: { on: true } };
  assert.deepEqual(parse(text, environment), expected);
});

test("a default stands in for a variable that is unset or empty", () => {
  assert.equal(parse("name: ${NAME:-nobody}").name, "nobody");
  assert.equal(parse("name: ${NAME:-nobody}", { NAME: "" }).name, "nobody");
});

test("a quoted value stays text", () => {
  assert.equal(parse('name: "${NAME}"', { NAME: "42" }).name, "42");
});

test("a variable can never change the structure of the file", () => {
  assert.equal(parse("name: ${NAME}", { NAME: "x\nport: 2" }).port, 1);
});

test("a variable that is not set and has no default is named", () => {
  assert.equal(
    failure("port: 1\nnested:\n  on: ${NOPE}\n"),
    "test.yaml:3: nested.on: the environment variable NOPE is not set",
  );
});

test("an unknown key is named with its file, line and path", () => {
  assert.equal(failure("port: 2\nnested:\n  off: true\n"), "test.yaml:3: nested.off: unknown key");
});

test("a section is named with the line of its own key, not of what is in it", () => {
  assert.equal(failure("port: 2\nnosted:\n  on: true\n"), "test.yaml:2: nosted: unknown key");
});

test("a wrong type is named with its file, line, path and the expected type", () => {
  assert.match(failure("name: x\nport: many\n"), /^test\.yaml:2: port: .*expected number/);
});

test("an error inside a list is named with its own line", () => {
  const list = z.strictObject({ items: z.array(z.strictObject({ port: z.number() })) });
  const options = { file: "test.yaml", schema: list, environment: {} };
  assert.throws(() => parseConfig("items:\n  - port: 1\n  - port: two\n", options), {
    message: /^test\.yaml:3: items\.1\.port: /,
  });
});

test("a file that cannot be read is one clear sentence", () => {
  assert.throws(() => readConfig("/nonexistent/x.yaml", schema), {
    name: "ConfigError",
    message: "cannot read the configuration file /nonexistent/x.yaml: no such file or directory",
  });
});

test("a file that is no YAML is named with the line, of which nothing is quoted", () => {
  for (const text of ['name: "hunter2\nport: 1\n', "name: hunter2\nname: hunter2\n"]) {
    const message = failure(text);
    assert.match(message, /^test\.yaml:\d+: /);
    assert.doesNotMatch(message, /hunter2|\n/);
  }
});
