import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { createOutageNotice } from "./outage.ts";

function setUp() {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line) => lines.push(JSON.parse(line).msg) });
  let nowMs = 0;
  const notice = createOutageNotice({ log, subject: { watch: "users" }, now: () => nowMs });
  const failAt = (atMs: number) => {
    nowMs = atMs;
    notice.failed(new Error("refused"));
  };
  return { lines, failAt, worked: () => notice.worked() };
}

test("what never was there is told once, however often it fails", () => {
  const { lines, failAt } = setUp();
  failAt(2_999);
  assert.deepEqual(lines, []);
  for (const atMs of [3_000, 5_000, 3_600_000]) failAt(atMs);
  assert.deepEqual(lines, ["cannot be watched; trying again until it can"]);
});

test("a break as at a restart is not told", () => {
  const { lines, failAt, worked } = setUp();
  worked();
  for (const atMs of [100_000, 101_000, 102_999]) failAt(atMs);
  worked();
  failAt(200_000);
  assert.deepEqual(lines, []);
});

test("its end is told, and so is the next outage", () => {
  const { lines, failAt, worked } = setUp();
  const outage = ["cannot be watched; trying again until it can", "watched again"];
  for (const atMs of [10_000, 20_000]) {
    failAt(atMs);
    failAt(atMs + 3_000);
    worked();
  }
  assert.deepEqual(lines, [...outage, ...outage]);
});
