import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { RouteTable } from "../../gen/rpc/model/model_pb.ts";
import { databases } from "../support/databases.ts";
import { discovered, eventually, useNamingUpstream, useProbing } from "../support/discovery.ts";
import {
  absentOpenAI,
  admin,
  call,
  follow,
  type ModelReplica,
  useModels,
} from "../support/models.ts";

const quick = { refreshMs: 200, retryMs: 100, timeoutMs: 5_000 };
const slow = { refreshMs: 600_000, retryMs: 600_000 };

for (const engine of databases()) {
  describe(`discovery on ${engine.name}`, { ...engine.options, timeout: 30_000 }, () => {
    const fixture = useModels(engine);
    const upstream = useNamingUpstream();
    const openai = useProbing();
    let replica: ModelReplica;
    let other: ModelReplica;
    before(async () => {
      const options = { openai: openai(), config: { discovery: quick } };
      [replica, other] = await Promise.all([fixture().start(options), fixture().start(options)]);
    });

    const createChannel = (name: string, modelSource = "discover") =>
      replica.client.createChannel(
        {
          actor: admin,
          name,
          provider: "openai",
          baseUrl: upstream().url(name),
          credential: `sk-${name}`,
          enabled: true,
          modelSource,
          models: modelSource === "discover" ? [{ name: "mapped", upstreamName: "up" }] : [],
          allowPrivateNetwork: true,
        },
        call,
      );
    const channel = (id: string) => replica.client.getChannel({ actor: admin, id }, call);
    const served = (table: RouteTable, id: string) =>
      table.routes.find((route) => route.channelId === id)?.models.map(({ name }) => name);
    const untilServed = async (from: ModelReplica, id: string, names: string[]) => {
      const watch = follow((each) => from.client.watchRoutes({}, each));
      await watch.until((table) => served(table, id)?.join() === names.join());
      watch.stop();
    };

    it("serves what the upstream names and what is mapped, on every replica", async () => {
      upstream().names("basic", ["zeta", "alpha", "alpha", "not a name"]);
      const { id } = await createChannel("basic");
      await untilServed(replica, id, ["mapped", "alpha", "zeta"]);
      await untilServed(other, id, ["mapped", "alpha", "zeta"]);
      const { discoveredModels, discoveredAtMs, discoveryError } = await channel(id);
      assert.deepEqual(discoveredModels, ["alpha", "zeta"]);
      assert.ok(discoveredAtMs > 1.7e12);
      assert.equal(discoveryError, "");
      assert.equal(upstream().credential("basic"), "Bearer sk-basic");
    });

    it("learns of new models by itself, and keeps since when it knows the old ones", async () => {
      upstream().names("growing", ["old"]);
      const { id } = await createChannel("growing");
      await untilServed(replica, id, ["mapped", "old"]);
      const createdAt = async () => {
        const watch = follow((each) => other.client.watchCatalogue({}, each));
        const { entries } = await watch.until((all) => all.entries.some((e) => e.id === "old"));
        watch.stop();
        return entries.find((entry) => entry.id === "old")?.createdAtMs;
      };
      const before = await createdAt();
      upstream().names("growing", ["new", "old"]);
      await untilServed(other, id, ["mapped", "new", "old"]);
      assert.equal(await createdAt(), before);
    });

    it("keeps the last list when the upstream fails, and says why without its words", async () => {
      upstream().names("failing", ["kept"]);
      const { id } = await createChannel("failing", "any");
      await untilServed(replica, id, ["kept"]);
      upstream().fails("failing", 401, "Incorrect API key provided: sk-failing");
      await eventually(async () => (await channel(id)).discoveryError !== "");
      const failed = await channel(id);
      assert.match(failed.discoveryError, /401/);
      assert.doesNotMatch(failed.discoveryError, /sk-failing|Incorrect/);
      assert.deepEqual(failed.discoveredModels, ["kept"]);
      upstream().names("failing", ["kept", "recovered"]);
      await untilServed(replica, id, ["kept", "recovered"]);
      assert.equal((await channel(id)).discoveryError, "");
    });

    it("forgets the list when the channel moves to another address", async () => {
      upstream().names("before-move", ["here"]);
      const { id } = await createChannel("before-move", "any");
      await untilServed(replica, id, ["here"]);
      upstream().names("after-move", ["there"]);
      const baseUrl = upstream().url("after-move");
      const moved = await replica.client.updateChannel({ actor: admin, id, baseUrl }, call);
      assert.deepEqual(moved.discoveredModels, []);
      await untilServed(replica, id, ["there"]);
    });

    it("tests a channel with its stored credential, and changes nothing", async () => {
      upstream().names("tested", ["one"]);
      const { id } = await createChannel("tested", "any");
      await untilServed(replica, id, ["one"]);
      await replica.client.updateChannel({ actor: admin, id, enabled: false }, call);
      const before = await channel(id);
      const fine = await replica.client.testChannel({ actor: admin, id }, call);
      assert.deepEqual([fine.ok, fine.status, fine.message, fine.models], [true, 200, "", ["one"]]);
      upstream().fails("tested", 403, "You sent sk-tested, which may not");
      const refused = await replica.client.testChannel({ actor: admin, id }, call);
      assert.deepEqual([refused.ok, refused.status], [false, 403]);
      assert.doesNotMatch(refused.message, /sk-tested/);
      assert.deepEqual(await channel(id), before);
    });
  });

  describe(`discovery in its own time, on ${engine.name}`, {
    ...engine.options,
    timeout: 30_000,
  }, () => {
    const fixture = useModels(engine);
    const upstream = useNamingUpstream();
    const openai = useProbing();

    it("asks once for all replicas, and never makes start wait", async () => {
      upstream().names("shared", ["one"]);
      const answer = upstream().hold("shared");
      const declared = {
        name: "shared",
        provider: "openai",
        baseUrl: upstream().url("shared"),
        credential: "sk-shared",
        allowPrivateNetwork: true,
      };
      const config = { channels: [declared], discovery: slow };
      const start = () => fixture().start({ openai: openai(), config });
      const replicas = [await start(), await start(), await start()];
      await upstream().asked("shared");
      answer();
      for (const { client } of replicas) {
        const watch = follow((each) => client.watchCatalogue({}, each));
        await watch.until(({ entries }) => entries.some(({ id }) => id === "one"));
        watch.stop();
      }
      const restarted = await start();
      await restarted.close();
      assert.equal(upstream().count("shared"), 1);
    });

    it("tells an upstream that is too slow from one that refuses", async () => {
      const release = upstream().hold("stuck");
      const config = { discovery: { ...slow, timeoutMs: 50 } };
      const { client, close } = await fixture().start({ openai: openai(), config });
      const { id } = await client.createChannel(discovered(upstream().url("stuck")), call);
      const channel = () => client.getChannel({ actor: admin, id }, call);
      await eventually(async () => (await channel()).discoveryError !== "");
      assert.match((await channel()).discoveryError, /in time/);
      await client.deleteChannel({ actor: admin, id }, call);
      release();
      await close();
    });

    it("waits for an openai service that starts after it, and blames no upstream", async () => {
      upstream().names("early", ["early-model"]);
      const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
      const running = openai();
      let isUp = false;
      const starting: typeof running = {
        ...running,
        probe(request, each) {
          onAsked();
          return isUp ? running.probe(request, each) : absentOpenAI.probe(request, each);
        },
      };
      const { client } = await fixture().start({ openai: starting, config: { discovery: slow } });
      const { id } = await client.createChannel(discovered(upstream().url("early")), call);
      await asked;
      assert.equal((await client.getChannel({ actor: admin, id }, call)).discoveryError, "");
      isUp = true;
      const watch = follow((each) => client.watchCatalogue({}, each));
      await watch.until(({ entries }) => entries.some((entry) => entry.id === "early-model"));
      watch.stop();
    });

    it("gives up at once when the service closes, and leaves the question to others", async () => {
      upstream().names("held", ["late"]);
      const answer = upstream().hold("held");
      const first = await fixture().start({ openai: openai(), config: { discovery: slow } });
      await first.client.createChannel(discovered(upstream().url("held")), call);
      await upstream().asked("held");
      await first.close();
      answer();
      const next = await fixture().start({ openai: openai(), config: { discovery: slow } });
      const watch = follow((each) => next.client.watchCatalogue({}, each));
      await watch.until(({ entries }) => entries.some(({ id }) => id === "late"));
      watch.stop();
    });
  });
}
