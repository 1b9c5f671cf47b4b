import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { toJsonString } from "@bufbuild/protobuf";
import { unseal } from "../../common/seal.ts";
import { ChannelSchema } from "../../gen/rpc/model/model_pb.ts";
import { databases } from "../../test/support/databases.ts";
import {
  admin,
  call,
  follow,
  type ModelReplica,
  member,
  secrets,
  useModels,
} from "../../test/support/models.ts";

const settings = {
  actor: admin,
  provider: "openai",
  baseUrl: "https://api.example.com/v1/",
  credential: "sk-canary-credential",
  enabled: true,
  modelSource: "list",
  models: [{ name: "gpt-a" }],
};

for (const engine of databases()) {
  describe(`channels on ${engine.name}`, engine.options, () => {
    const fixture = useModels(engine);
    let client: ModelReplica["client"];
    before(async () => {
      const channels = [{ name: "declared", provider: "demo", models: ["demo"] }];
      ({ client } = await fixture().start({ config: { channels } }));
    });

    const create = (name: string, change: Partial<typeof settings> = {}) =>
      client.createChannel({ ...settings, name, ...change }, call);
    const update = (id: string, change: object) =>
      client.updateChannel({ actor: admin, id, ...change }, call);
    const route = async (id: string) => {
      const watch = follow((each) => client.watchRoutes({}, each));
      const { routes } = await watch.until((table) => table.routes.some((r) => r.channelId === id));
      watch.stop();
      return routes.find((r) => r.channelId === id);
    };
    /** What the openai service would send to the upstream. */
    const credentialOf = async (id: string) => {
      const sealed = (await route(id))?.sealedCredential ?? new Uint8Array();
      return sealed.length > 0 ? Buffer.from(unseal(secrets.masterKey, sealed, id)).toString() : "";
    };

    it("takes a channel, with its base URL in one spelling", async () => {
      const channel = await create("one");
      assert.equal(channel.baseUrl, "https://api.example.com/v1");
      assert.equal(channel.hasCredential, true);
      assert.deepEqual(await client.getChannel({ actor: admin, id: channel.id }, call), channel);
      assert.equal(await credentialOf(channel.id), "sk-canary-credential");
    });

    it("never gives a credential out, and stores it only sealed", async () => {
      const channel = await create("sealed");
      const { channels } = await client.listChannels({ actor: admin }, call);
      for (const shown of [channel, ...channels]) {
        assert.doesNotMatch(toJsonString(ChannelSchema, shown), /canary/);
      }
      const { file } = fixture().database;
      for (const path of file ? [file, `${file}-wal`] : []) {
        const bytes = await readFile(path).catch(() => Buffer.of());
        assert.equal(bytes.includes("canary"), false, path);
      }
    });

    it("serves what is listed, or what is mapped, or any name", async () => {
      const mapped = [{ name: "fast", upstreamName: "fast-2026" }];
      const any = await create("any", { modelSource: "any", models: mapped });
      const table = await route(any.id);
      assert.equal(table?.anyName, true);
      assert.deepEqual(
        table?.models.map((m) => [m.name, m.upstreamName]),
        [["fast", "fast-2026"]],
      );
      const listed = await create("lists", { modelSource: "", models: mapped });
      assert.equal(listed.modelSource, "list");
    });

    it("sends a credential to its own origin only", async () => {
      const { id } = await create("moving");
      for (const baseUrl of ["https://evil.example/v1", "http://api.example.com/v1", ""]) {
        await assert.rejects(
          update(id, { baseUrl }),
          (error: { code: string; details: object }) => {
            assert.equal(error.code, "request.invalid");
            assert.partialDeepStrictEqual(error.details, [{ field: "credential" }]);
            return true;
          },
        );
      }
      assert.equal((await route(id))?.baseUrl, "https://api.example.com/v1");

      const samePlace = await update(id, { baseUrl: "https://api.example.com/v2" });
      assert.equal(samePlace.hasCredential, true);
      const dropped = await update(id, { baseUrl: "https://new.example", credential: "" });
      assert.equal(dropped.hasCredential, false);
      await update(id, { baseUrl: "https://newer.example", credential: "sk-newer" });
      assert.equal(await credentialOf(id), "sk-newer");
    });

    it("never puts one change's credential beside another's base URL", async () => {
      const { id } = await create("raced");
      const toNewOrigin = { baseUrl: "https://other.example", credential: "sk-other" };
      const atOldOrigin = { credential: "sk-rotated" };
      await Promise.allSettled([update(id, atOldOrigin), update(id, toNewOrigin)]);
      await Promise.allSettled(
        ["https://api.example.com/v1", "https://other.example"].flatMap((baseUrl, index) => [
          update(id, { baseUrl, credential: `sk-for-${index}` }),
          update(id, { name: `raced-${index}` }),
          update(id, { enabled: true }),
        ]),
      );
      const final = await route(id);
      const credential = await credentialOf(id);
      const expected = final?.baseUrl === "https://other.example" ? /-1$|other$/ : /-0$|rotated$/;
      assert.match(credential, expected, `${credential} at ${final?.baseUrl}`);
    });

    it("loses none of several changes made at once", async () => {
      const { id } = await create("busy");
      await Promise.all([
        update(id, { name: "busier" }),
        update(id, { models: { values: [{ name: "gpt-b" }] } }),
        update(id, { allowPrivateNetwork: true }),
      ]);
      const channel = await client.getChannel({ actor: admin, id }, call);
      assert.equal(channel.name, "busier");
      assert.deepEqual(
        channel.models.map(({ name }) => name),
        ["gpt-b"],
      );
      assert.equal(channel.allowPrivateNetwork, true);
      assert.equal(channel.hasCredential, true);
    });

    it("lists oldest first, page by page", async () => {
      const page = { page: 1, pageSize: 2 };
      const first = await client.listChannels({ actor: admin, page }, call);
      assert.deepEqual(
        first.channels.map(({ name }) => name),
        ["declared", "one"],
      );
      assert.ok(first.total > 2);
    });

    it("deletes a channel once, and takes its name again", async () => {
      const { id } = await create("gone");
      await assert.rejects(create("gone"), { code: "resource.conflict" });
      await client.deleteChannel({ actor: admin, id }, call);
      const notFound = { code: "resource.not_found" };
      await assert.rejects(client.getChannel({ actor: admin, id }, call), notFound);
      await assert.rejects(client.deleteChannel({ actor: admin, id }, call), notFound);
      await assert.rejects(update(id, { enabled: false }), notFound);
      await create("gone");
    });

    it("refuses members, and changes of what the configuration declares", async () => {
      const { channels } = await client.listChannels({ actor: admin }, call);
      const id = channels.find(({ name }) => name === "declared")?.id ?? "";
      const forbidden = { code: "auth.forbidden" };
      for (const actor of [member, undefined]) {
        const asked = { id, ...(actor && { actor }) };
        const { actor: _, ...wanted } = settings;
        const given = { ...wanted, name: "x", ...(actor && { actor }) };
        await assert.rejects(client.createChannel(given, call), forbidden);
        await assert.rejects(client.getChannel(asked, call), forbidden);
        await assert.rejects(client.listChannels(asked, call), forbidden);
        await assert.rejects(client.updateChannel(asked, call), forbidden);
        await assert.rejects(client.deleteChannel(asked, call), forbidden);
        await assert.rejects(client.testChannel(asked, call), forbidden);
      }
      const readOnly = { code: "resource.read_only" };
      await assert.rejects(update(id, { enabled: false }), readOnly);
      await assert.rejects(client.deleteChannel({ actor: admin, id }, call), readOnly);
    });

    it("keeps a channel from losing the only address that it has", async () => {
      const baseUrl = "https://models.example.com/v1";
      const { id } = await create("self-hosted", { provider: "openai-compatible", baseUrl });
      await assert.rejects(update(id, { baseUrl: "", credential: "" }), {
        code: "request.invalid",
      });
      assert.equal((await client.getChannel({ actor: admin, id }, call)).baseUrl, baseUrl);
    });

    for (const [field, change] of [
      ["name", { name: " " }],
      ["provider", { provider: "Open AI" }],
      ["provider", { provider: "unheard-of" }],
      ["base_url", { provider: "openai-compatible", baseUrl: "" }],
      ["base_url", { baseUrl: "https://user:secret@example.com" }],
      ["credential", { credential: "canary\nx-injected: 1" }],
      ["model_source", { modelSource: "some" }],
      ["models", { models: [] }],
      ["models.1.name", { models: [{ name: "a" }, { name: "a" }] }],
      ["models.0.name", { models: [{ name: "*" }] }],
    ] as const) {
      it(`names ${field} when it is wrong: ${JSON.stringify(change)}`, async () => {
        const models = "models" in change ? [...change.models] : settings.models;
        await assert.rejects(
          client.createChannel({ ...settings, name: "wrong", ...change, models }, call),
          (error: Error & { code: string; details: { field: string }[] }) => {
            assert.equal(error.code, "request.invalid");
            assert.deepEqual(
              error.details.map((detail) => detail.field),
              [field],
            );
            assert.doesNotMatch(JSON.stringify([error.message, error.details]), /canary/);
            return true;
          },
        );
      });
    }
  });
}
