import assert from "node:assert/strict";
import { dirname } from "node:path";
import { suite, test } from "node:test";
import { findCycles } from "./cycles.ts";
import { importRules } from "./rules.ts";
import { parseSource, readSourceFiles, type SourceFile } from "./source-files.ts";

const linesMax = 300;

const files = readSourceFiles(dirname(dirname(import.meta.dirname)));

suite("the invariants of ARCHITECTURE.md", () => {
  for (const rule of importRules) {
    test(rule.name, () => assert.deepEqual(violations(rule.name, files), []));
  }

  test("no import cycle anywhere", () => assert.deepEqual(findCycles(files), []));

  test("no barrel files", () => {
    const barrels = files.filter(({ path }) => path.endsWith("/index.ts"));
    assert.deepEqual(
      barrels.map(({ path }) => path),
      [],
    );
  });

  test(`no written file is longer than ${linesMax} lines`, () => {
    const long = files.filter(({ path, lines }) => !path.startsWith("gen/") && lines > linesMax);
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines} lines`),
      [],
    );
  });
});

suite("the rules themselves", () => {
  const broken = [
    ["common/log.ts", 'import { a } from "../api/edge/front.ts";', 0],
    ["common/log.ts", 'import type { a } from "../rpc/user/context.ts";', 0],
    ["api/edge/front.ts", 'import { a } from "../../rpc/user/context.ts";', 1],
    ["rpc/user/context.ts", 'import { a } from "../apikey/context.ts";', 1],
    ["rpc/user/context.ts", 'export * from "../../api/context.ts";', 1],
    ["common/log.ts", 'const a = await import("../compose/all-in-one.ts");', 2],
    ["rpc/user/context.ts", 'import { a } from "../../test/support/servers.ts";', 3],
    ["api/logic/auth.ts", 'import { Hono } from "hono";', 4],
    ["api/logic/auth.ts", 'import type { Context } from "hono/utils";', 4],
    ["rpc/user/logic/login.ts", 'import {\n  createServer,\n} from "node:http";', 4],
    ["rpc/user/logic/login.ts", 'import { a } from "../store/user-store.ts";', 5],
    ["rpc/openai/forward/call.ts", 'import { groq } from "../provider/groq.ts";', 6],
    ["rpc/openai/provider/mistral.ts", 'import { groq } from "./groq.ts";', 6],
  ] as const;
  for (const [path, text, rule] of broken) {
    test(`${path} may not have: ${text.replaceAll("\n", " ")}`, () => {
      const { name } = importRules[rule]!;
      assert.notDeepEqual(violations(name, [parseSource(path, text)]), []);
    });
  }

  const allowed = [
    ["common/log.ts", 'import { z } from "zod";\nimport { a } from "../gen/common/a_pb.ts";'],
    ["compose/all-in-one.ts", 'import { a } from "../rpc/user/context.ts";'],
    ["rpc/user/logic/login.ts", 'import type { UserStore } from "../store/user-store.ts";'],
    ["rpc/user/logic/login.test.ts", 'import { a } from "../../../test/support/servers.ts";'],
    ["rpc/openai/provider/registry.ts", 'import { groq } from "./groq.ts";'],
  ] as const;
  for (const [path, text] of allowed) {
    test(`${path} may have: ${text.replaceAll("\n", " ")}`, () => {
      const found = importRules.map(({ name }) => violations(name, [parseSource(path, text)]));
      assert.deepEqual(found.flat(), []);
    });
  }

  test("a cycle is found through any number of files, and a diamond is none", () => {
    const a = parseSource("common/a.ts", 'import "./b.ts";\nimport "./c.ts";');
    const b = parseSource("common/b.ts", 'import type { C } from "./c.ts";');
    const open = parseSource("common/c.ts", "");
    const closed = parseSource("common/c.ts", 'export { a } from "./a.ts";');
    assert.deepEqual(findCycles([a, b, open]), []);
    assert.deepEqual(findCycles([a, b, closed]), [
      "common/a.ts -> common/b.ts -> common/c.ts -> common/a.ts",
    ]);
  });
});

/** `file imports specifier` for each import that breaks the rule. */
function violations(rule: string, sources: readonly SourceFile[]): string[] {
  const { broken } = importRules.find(({ name }) => name === rule)!;
  return sources.flatMap((file) =>
    file.imports
      .filter((imported) => broken(file, imported))
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  );
}
