import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configurationPage } from "../scripts/config-docs.ts";

const page = readFileSync(new URL("configuration.md", import.meta.url), "utf8");

test("docs/configuration.md is what the schemas give: `npm run gen` writes it", () => {
  assert.equal(page, configurationPage());
});

test("every configuration key says what it means", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  assert.ok(rows.length > 100);
  assert.deepEqual(
    rows.filter((row) => /\|\s*\|$/.test(row)),
    [],
  );
});
