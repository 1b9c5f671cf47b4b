import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKey } from "../../api/types/apikeys.ts";
import { put } from "../../common/etcd/kv.ts";
import { isLeaseLost, revokeLease } from "../../common/etcd/lease.ts";
import { assertPrompt, type Delay, delaysOf } from "../contract/promptly.ts";
import { needsCluster } from "../support/deployment.ts";
import { failed, ok } from "../support/management.ts";
import { doneEvent } from "../support/openai.ts";
import { until } from "../support/until.ts";
import { changeAside } from "./etcd-aside.ts";
import {
  allAnswer,
  disableInDatabase,
  failuresOf,
  harmlessly,
  kinds,
  leaseOf,
  registrations,
  type Scene,
  underLoad,
  untilRegistered,
  useScene,
} from "./scene.ts";

/** How long the load goes on after a process died. */
const aftermathMs = 1_500;
/** What the kernel and the load's own event loop may take to tell that a process has died. */
const toldMs = 20;
const etcdOutageMs = 30_000;
const serversOutageMs = 3_000;
/** A change that cannot be told to everybody is refused within this time. */
const refusalMsMax = 15_000;
const revocationTrials = 10;

/** How a stream may end when a process is killed. */
const endings = {
  user: ["whole"],
  apikey: ["whole"],
  model: ["whole"],
  openai: ["whole", "error event"],
  gateway: ["whole", "broken"],
};

suite("a cluster under load", needsCluster, () => {
  const scene = useScene();

  for (const kind of kinds) {
    test(`a ${kind} process killed under load fails what is in flight on it, and nothing after`, async (t) => {
      let killedAt = 0;
      const { secret } = await scene().deployment.issue();
      const sent = await underLoad(scene(), async () => {
        const streams = Promise.allSettled(
          Array.from({ length: 6 }, () => read(scene(), secret, "slow")),
        );
        await sleep(200);
        killedAt = performance.now();
        scene().process(`${kind}-1`).kill("SIGKILL");
        await sleep(aftermathMs);
        const ends = (await streams).map(endOf);
        t.diagnostic(`streams: ${ends.join(", ")}`);
        for (const end of ends) assert.ok(endings[kind].includes(end), end);
      });
      const failures = failuresOf(sent);
      t.diagnostic(`${failures.length} of ${sent.length} requests failed`);
      assert.deepEqual(
        failures.filter(({ startedAt }) => startedAt > killedAt + toldMs),
        [],
      );
    });
  }

  test("killed processes that come back are found, and nothing fails over it", async () => {
    await harmlessly(scene(), async () => {
      await Promise.all(kinds.map((kind) => scene().process(`${kind}-1`).start()));
      await untilRegistered(scene());
    });
  });

  test("processes that lose their leases register anew, and nothing fails over it", async () => {
    await harmlessly(scene(), async () => {
      const before = (await registrations(scene())).map(leaseOf);
      await Promise.all(before.map((lease) => revokeLease(scene().etcd, lease).catch(unlessLost)));
      await untilRegistered(scene());
      const after = (await registrations(scene())).map(leaseOf);
      assert.ok(after.every((lease) => !before.includes(lease)));
    });
  });

  test("etcd away for 30 s fails nothing; what changed meanwhile is noticed after", async (t) => {
    const { deployment } = scene();
    const { cluster, issue, chat, owner } = deployment;
    const [changed, untold] = [await issue(), await issue()];
    assert.ok(await allAnswer(scene(), changed, 200));
    const stream = await chat(changed.secret, { stream: true, user: "endless" });
    const streamed = stream.text();
    await harmlessly(scene(), async () => {
      await cluster.etcd.stop();
      const stoppedAt = performance.now();
      const answer = await owner.post(`/api/v1/apikeys/${untold.id}/disable`);
      failed(answer, "events.not_delivered");
      t.diagnostic(`a change that cannot be told is refused after ${since(stoppedAt)}`);
      assert.ok(performance.now() - stoppedAt < refusalMsMax);
      // As by a replica that still reached etcd; which then forgets that it was told.
      await disableInDatabase(scene(), changed);
      await changeAside(cluster, (etcd) =>
        put(etcd, { key: `apirouter/events/apikey/${changed.id}`, value: "disabled" }),
      );
      await sleep(etcdOutageMs - (performance.now() - stoppedAt));
      const startedAt = performance.now();
      await cluster.etcd.start();
      await until("refused", () => allAnswer(scene(), changed, 401), { holds: (all) => all });
      assert.match(await streamed, /"code":"api_key_disabled"/);
      t.diagnostic(`what was compacted away is noticed ${since(startedAt)} after the start`);
      await untilRegistered(scene());
    });
    ok(await owner.post(`/api/v1/apikeys/${untold.id}/disable`), ApiKey);
    await holdRevocation(t, scene());
  });

  test("a rolling restart of everything fails nothing; streams finish or end with an error event", async (t) => {
    const { secret } = await scene().deployment.issue();
    const endless = Array.from({ length: 4 }, () => read(scene(), secret, "endless"));
    await harmlessly(scene(), async () => {
      for (const replica of [1, 2]) {
        const slow = Array.from({ length: 4 }, () => read(scene(), secret, "slow"));
        await sleep(200);
        await Promise.all(kinds.map((kind) => scene().process(`${kind}-${replica}`).restart()));
        for (const text of await Promise.all(slow)) assert.match(text, /last.*\[DONE\]\n\n$/s);
        await untilRegistered(scene());
      }
    });
    // Whatever each of them ran through, it has been restarted.
    for (const text of await Promise.all(endless)) {
      assert.match(text, /"code":"service\.shutting_down".*\n\n$/s);
    }
    await holdRevocation(t, scene());
  });

  test("PostgreSQL, etcd and Redis dead: known keys serve, management says 503, all recovers", async (t) => {
    const { deployment, load } = scene();
    const { cluster, owner } = deployment;
    const servers = [cluster.postgres, cluster.etcd, cluster.redis];
    await load.makeKnown();
    await harmlessly(scene(), async () => {
      await load.rest("profile", "keys", "models");
      await Promise.all(servers.map((server) => server.stop()));
      const asks = [
        () => owner.get("/api/v1/users/me"),
        () => owner.get("/api/v1/apikeys"),
        () => owner.post("/api/v1/apikeys", { name: "a key" }),
        () => owner.post("/api/v1/models", { id: "new" }),
      ];
      const answers = await Promise.all(
        asks.map(async (ask) => {
          const askedAt = performance.now();
          const { status } = await ask();
          return { status, took: since(askedAt) };
        }),
      );
      t.diagnostic(`management refuses after ${answers.map(({ took }) => took).join(", ")}`);
      assert.deepEqual(
        answers.map(({ status }) => status),
        asks.map(() => 503),
      );
      await sleep(serversOutageMs);
      const startedAt = performance.now();
      await Promise.all(servers.map((server) => server.start()));
      await until("back", () => owner.get("/api/v1/users/me"), {
        holds: ({ status }) => status === 200,
      });
      t.diagnostic(`management is back ${since(startedAt)} after their start`);
      load.resume();
      await untilRegistered(scene());
    });
    await holdRevocation(t, scene());
  });
});

/** A stream at the pace that its user names, as text. */
async function read({ deployment }: Scene, secret: string, user: string): Promise<string> {
  const response = await deployment.chat(secret, { stream: true, user });
  return response.text();
}

function endOf(stream: PromiseSettledResult<string>): string {
  if (stream.status === "rejected") return "broken";
  if (stream.value.endsWith(doneEvent)) return "whole";
  return /\n\ndata: \{"error":.*\n\n$/.test(stream.value) ? "error event" : stream.value;
}

/** Those of the killed processes end by themselves, perhaps right now. */
function unlessLost(error: unknown): void {
  if (!isLeaseLost(error)) throw error;
}

const since = (at: number) => `${((performance.now() - at) / 1_000).toFixed(1)} s`;

/** Keys stop working promptly again. */
async function holdRevocation(t: TestContext, { deployment }: Scene): Promise<void> {
  const { urls, issue, chat, owner } = deployment;
  const delays: Delay[] = [];
  for (let trial = 0; trial < revocationTrials; trial += 1) {
    const { id, secret } = await issue();
    const knows = async (url: string) => {
      const response = await chat(secret, {}, { url });
      await response.text();
      return response.status === 401;
    };
    const make = async () => ok(await owner.post(`/api/v1/apikeys/${id}/disable`), ApiKey);
    delays.push(...(await delaysOf({ urls, knows, make })));
  }
  assertPrompt(t, "a key that is disabled afterwards is refused", delays);
}
