import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { needsEtcdBinary, startEtcd, testEtcd } from "../../test/support/etcd.ts";
import { silentLog } from "../../test/support/rpc.ts";
import { until } from "../../test/support/until.ts";
import { createEtcdEvents } from "./etcd-events.ts";
import type { Event, Events } from "./events.ts";
import { createLocalEvents } from "./local-events.ts";

/** Two replicas' views of the same events. */
type Replicas = readonly [Events, Events];

const local = async (): Promise<Replicas> => {
  const events = createLocalEvents();
  return [events, events];
};

const overEtcd = async (t: TestContext): Promise<Replicas> => {
  const { endpoint } = await startEtcd(t);
  const prefix = `test/${randomUUID()}`;
  const replica = () => {
    const events = createEtcdEvents({ etcd: testEtcd(t, endpoint), prefix, log: silentLog });
    t.after(() => events[Symbol.dispose]());
    return events;
  };
  return [replica(), replica()];
};

for (const [kind, create, options] of [
  ["local", local, {}],
  ["etcd", overEtcd, needsEtcdBinary],
] as const) {
  test(`${kind} events keep the contract`, options, async (t) => {
    const [one, other] = await create(t);

    await t.test("every listener of every replica hears what is published", async () => {
      const heard = await Promise.all([
        listen(one, "keys"),
        listen(other, "keys"),
        listen(other, "keys"),
      ]);
      await one.publish("keys", { id: "k1", value: "disabled" });
      await other.publish("keys", { id: "k2", value: "" });
      for (const { events } of heard) {
        await until("heard", () => events.length, { holds: (count) => count === 2 });
        assert.deepEqual(events, [
          { id: "k1", value: "disabled" },
          { id: "k2", value: "" },
        ]);
      }
      for (const { close } of heard) close();
    });

    await t.test("changes of the same thing arrive one by one, in order", async () => {
      const { events, close } = await listen(other, "keys");
      for (let index = 0; index < 50; index += 1) {
        await one.publish("keys", { id: "same", value: String(index) });
      }
      await until("heard", () => events.length, { holds: (count) => count === 50 });
      assert.deepEqual(
        events.map(({ value }) => value),
        Array.from({ length: 50 }, (_, index) => String(index)),
      );
      close();
    });

    await t.test("topics do not mix, also when one's name begins with another's", async () => {
      const { events, close } = await listen(other, "a");
      await one.publish("a/b", { id: "x", value: "1" });
      await one.publish("ab", { id: "x", value: "2" });
      await one.publish("a", { id: "b/x", value: "3" });
      await until("heard", () => events.length, { holds: (count) => count > 0 });
      assert.deepEqual(events, [{ id: "b/x", value: "3" }]);
      close();
    });

    await t.test("what was published before is not heard, and nothing after closing", async () => {
      await one.publish("late", { id: "before", value: "" });
      const { events, close } = await listen(other, "late");
      await one.publish("late", { id: "during", value: "" });
      await until("heard", () => events.length, { holds: (count) => count > 0 });
      close();
      const control = await listen(other, "late");
      await one.publish("late", { id: "after", value: "" });
      await until("heard", () => control.events.length, { holds: (count) => count === 1 });
      assert.deepEqual(
        events.map(({ id }) => id),
        ["during"],
      );
      control.close();
    });
  });
}

async function listen(from: Events, topic: string) {
  const events: Event[] = [];
  let gaps = 0;
  const subscription = await from.subscribe(topic, {
    onEvent: (event) => events.push(event),
    onGap: () => {
      gaps += 1;
    },
  });
  return { events, gaps: () => gaps, close: () => subscription.close() };
}
