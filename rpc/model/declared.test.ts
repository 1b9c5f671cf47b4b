import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { databases } from "../../test/support/databases.ts";
import { admin, call, follow, type ModelReplica, useModels } from "../../test/support/models.ts";

const model = { id: "gpt-a", owner: "acme", prices: { input: 1, output: 2 } };
const channel = {
  name: "main",
  provider: "openai",
  credential: "sk-declared",
  modelSource: "any",
  models: ["gpt-a"],
};

const state = async ({ client }: ModelReplica) => {
  const { models } = await client.listModels({}, call);
  const { channels } = await client.listChannels({ actor: admin }, call);
  const watch = follow((each) => client.watchRoutes({}, each));
  const { routes } = await watch.until(() => true);
  watch.stop();
  return { models, channels, sealed: routes.map(({ sealedCredential }) => sealedCredential) };
};

for (const engine of databases()) {
  describe(`what the configuration declares, on ${engine.name}`, engine.options, () => {
    const fixture = useModels(engine);

    it("is the same after a restart and for every replica, down to the sealed bytes", async () => {
      const config = { models: [model], channels: [channel] };
      const replicas = await Promise.all([
        fixture().start({ config }),
        fixture().start({ config }),
        fixture().start({ config }),
      ]);
      const [first] = await Promise.all(replicas.map(state));
      await Promise.all(replicas.map((replica) => replica.close()));
      assert.equal(first?.channels.length, 1);
      assert.equal(first?.channels[0]?.source, "config");
      const restarted = await state(await fixture().start({ config }));
      assert.deepEqual(restarted.models, first?.models);
      assert.deepEqual(restarted.channels, first?.channels);
    });

    it("follows the declaration: changed, with another credential, gone", async () => {
      const start = async (config: object) => {
        const replica = await fixture().start({ config });
        const result = await state(replica);
        await replica.close();
        return result;
      };
      const before = await start({ models: [model], channels: [channel] });
      const changed = await start({
        models: [{ ...model, owner: "new" }],
        channels: [{ ...channel, enabled: true, allowPrivateNetwork: true }],
      });
      assert.equal(changed.models[0]?.owner, "new");
      assert.equal(changed.models[0]?.createdAtMs, before.models[0]?.createdAtMs);
      assert.equal(changed.channels[0]?.id, before.channels[0]?.id);
      assert.equal(changed.channels[0]?.allowPrivateNetwork, true);
      assert.deepEqual(changed.sealed, before.sealed);
      const rotated = await start({ channels: [{ ...channel, credential: "sk-rotated" }] });
      assert.notDeepEqual(rotated.sealed, before.sealed);
      assert.deepEqual(rotated.models, []);
      const gone = await start({});
      assert.deepEqual([gone.models, gone.channels], [[], []]);
    });

    it("takes over a model made by hand, and leaves a channel of the same name alone", async () => {
      const { client, close } = await fixture().start();
      await client.createModel({ actor: admin, model: { id: "gpt-a", owner: "hand" } }, call);
      await client.createModel({ actor: admin, model: { id: "kept" } }, call);
      const { id } = await client.createChannel(
        { actor: admin, name: "main", provider: "openai", models: [{ name: "kept" }] },
        call,
      );
      await close();
      const { models, channels } = await state(
        await fixture().start({ config: { models: [model], channels: [channel] } }),
      );
      assert.deepEqual(
        models.map((m) => [m.id, m.source]),
        [
          ["gpt-a", "config"],
          ["kept", "api"],
        ],
      );
      assert.deepEqual(channels.map(({ source }) => source).sort(), ["api", "config"]);
      assert.ok(channels.some((each) => each.id === id));
    });

    it("keeps the order in which channels are declared", async () => {
      const names = ["zebra", "main-2", "alpha"];
      const channels = names.map((name) => ({ ...channel, name }));
      const replica = await fixture().start({ config: { channels } });
      const found = (await state(replica)).channels.filter(({ source }) => source === "config");
      assert.deepEqual(
        found.map(({ name }) => name),
        names,
      );
    });

    it("is sealed anew when the master key is another", async () => {
      const config = { channels: [channel] };
      const first = await fixture().start({ config });
      const before = await state(first);
      await first.close();
      const masterKey = new Uint8Array(32).fill(9);
      const after = await state(await fixture().start({ config, masterKey }));
      assert.notDeepEqual(after.sealed, before.sealed);
    });
  });
}
