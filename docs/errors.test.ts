import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { errorCodes } from "../common/errors.ts";

const rowPattern = /^\| `([^`]+)` \| (\d+) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm;

test("docs/errors.md lists exactly the codes of common/errors.ts, with their status and type", () => {
  const text = readFileSync(new URL("errors.md", import.meta.url), "utf8");
  const documented = [...text.matchAll(rowPattern)].map(([, code, status, type]) => ({
    code,
    status: Number(status),
    type,
  }));
  const existing = Object.entries(errorCodes).map(([code, { http, openai }]) => ({
    code,
    status: http,
    type: openai,
  }));
  const byCode = (one: { code?: string | undefined }, other: { code?: string | undefined }) =>
    String(one.code).localeCompare(String(other.code));
  assert.deepEqual(documented.sort(byCode), existing.sort(byCode));
});
