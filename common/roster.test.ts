import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Roster } from "./roster.ts";

test("whoever has entered and not left is on it, in whatever order they come and go", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (numbers) => {
      const roster = new Roster<number>();
      const present = new Map<number, () => void>();
      for (const number of numbers) {
        const leave = present.get(number);
        leave?.();
        if (leave) present.delete(number);
        else present.set(number, roster.enter(number));
      }
      assert.equal(roster.size, present.size);
      assert.deepEqual(new Set(roster), new Set(present.keys()));
    }),
  );
});

test("to leave twice does no harm to those who stay", () => {
  const roster = new Roster<string>();
  const leave = roster.enter("leaves");
  roster.enter("stays");
  leave();
  leave();
  assert.deepEqual([...roster], ["stays"]);
});

test("those who leave while it is looked at do not hide others", () => {
  const roster = new Roster<() => void>();
  let left = 0;
  for (let each = 0; each < 10; each += 1) {
    const leave = roster.enter(() => {
      leave();
      left += 1;
    });
  }
  for (const member of roster) member();
  assert.equal(left, 10);
  assert.equal(roster.size, 0);
});
