import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import { z } from "zod";
import { Channel, ChannelPage, ChannelTest } from "../../../api/types/channels.ts";
import { failed, ok } from "../../support/management.ts";
import type { Contract } from "../contract.ts";

const path = "/api/v1/channels";
const credential = "sk-canary-6f1d0c9e";

/** An upstream that names its models to whoever has the credential. */
const upstream = createServer((request, response) => {
  const allowed = request.headers.authorization === `Bearer ${credential}`;
  response.writeHead(allowed ? 200 : 401, { "content-type": "application/json" });
  const models = { object: "list", data: [{ id: "tiny", object: "model" }] };
  const refusal = { error: { message: `no such key: ${request.headers.authorization}` } };
  response.end(JSON.stringify(allowed ? models : refusal));
});

export const channels: Contract = (management) =>
  suite("/api/v1/channels", () => {
    let baseUrl = "";
    let made = 0;

    before(async () => {
      await once(upstream.listen(0, "127.0.0.1"), "listening");
      const { port } = upstream.address() as AddressInfo;
      baseUrl = `http://127.0.0.1:${port}/v1`;
    });
    after(() => upstream.close());

    const given = (changes: object = {}) => ({
      name: `channel-${++made}`,
      provider: "openai",
      base_url: baseUrl,
      credential,
      models: [{ name: "tiny" }, { name: "our-name", upstream_name: "tiny" }],
      allow_private_network: true,
      ...changes,
    });
    const create = async (changes: object = {}) =>
      ok(await management().owner.post(path, given(changes)), Channel, 201);

    test("POST 201: everything but the credential comes back", async () => {
      const answer = await management().owner.post(path, given());
      assert.ok(!JSON.stringify(answer.json).includes(credential));
      const channel = ok(answer, Channel, 201);
      assert.deepEqual(
        [channel.has_credential, channel.enabled, channel.source],
        [true, true, "api"],
      );
      assert.equal(channel.model_source, "list");
      assert.deepEqual(channel.models, [
        { name: "tiny", upstream_name: null },
        { name: "our-name", upstream_name: "tiny" },
      ]);
    });

    test("POST 201: without models they are discovered, without a base URL it is the provider's", async () => {
      const bare = { name: "bare", provider: "openai", enabled: false };
      const channel = ok(await management().owner.post(path, bare), Channel, 201);
      assert.deepEqual(
        [channel.model_source, channel.base_url, channel.has_credential, channel.enabled],
        ["discover", null, false, false],
      );
    });

    const wrong: [string, object, string][] = [
      ["no name", { name: "" }, "name"],
      ["a provider that is none", { provider: "unheard-of" }, "provider"],
      ["no provider", { provider: undefined }, "provider"],
      ["a base URL that is none", { base_url: "openai.com" }, "base_url"],
      ["a base URL of another scheme", { base_url: "file:///etc/passwd" }, "base_url"],
      ["a base URL with a password", { base_url: "https://a:b@example.com" }, "base_url"],
      ["an unknown way to know models", { model_source: "guess" }, "model_source"],
      ["a model twice", { models: [{ name: "a" }, { name: "a" }] }, "models.1.name"],
      ["a model without a name", { models: [{ upstream_name: "a" }] }, "models.0.name"],
      ["a credential of two lines", { credential: "a\nb" }, "credential"],
      ["an unknown field", { api_key: credential }, "api_key"],
    ];
    test("POST 201: a model may be a name alone", async () => {
      const channel = await create({ models: ["alone", { name: "a", upstream_name: "b" }] });
      assert.deepEqual(
        channel.models.map(({ name, upstream_name }) => [name, upstream_name]),
        [
          ["alone", null],
          ["a", "b"],
        ],
      );
    });

    for (const [name, changes, field] of wrong) {
      test(`POST 400: ${name}`, async () => {
        const answer = await management().owner.post(path, given(changes));
        failed(answer, "request.invalid", field);
        assert.ok(!JSON.stringify(answer.json).includes(credential));
      });
    }

    test("POST and PATCH 409: a name that is taken", async () => {
      const { owner } = management();
      const [one, two] = [await create(), await create()];
      failed(await owner.post(path, given({ name: one.name })), "resource.conflict");
      failed(await owner.patch(`${path}/${two.id}`, { name: one.name }), "resource.conflict");
    });

    test("GET 200: one channel and all of them, never with a credential", async () => {
      const { owner } = management();
      const channel = await create();
      const one = await owner.get(`${path}/${channel.id}`);
      const all = await owner.get(`${path}?page_size=100`);
      assert.deepEqual(ok(one, Channel), channel);
      assert.ok(ok(all, ChannelPage).items.some(({ id }) => id === channel.id));
      for (const { json } of [one, all]) {
        const text = JSON.stringify(json);
        assert.ok(!text.includes(credential) && !text.includes('"credential"'));
      }
    });

    test("PATCH 200: what is given changes; the credential stays until it is replaced or taken away", async () => {
      const { owner } = management();
      const { id } = await create();
      const patch = async (changes: object) =>
        ok(await owner.patch(`${path}/${id}`, changes), Channel);
      const disabled = await patch({ enabled: false, models: [{ name: "only" }] });
      assert.deepEqual([disabled.enabled, disabled.models.length], [false, 1]);
      assert.equal(disabled.has_credential, true);
      assert.equal((await patch({ credential: null })).has_credential, false);
      assert.equal((await patch({ credential: "new" })).has_credential, true);
    });

    test("PATCH 400: a new origin needs its credential said again", async () => {
      const { id } = await create();
      const moved = { base_url: "https://collector.example/v1" };
      const answer = await management().owner.patch(`${path}/${id}`, moved);
      failed(answer, "request.invalid", "credential");
    });

    test("PATCH and DELETE 409: what the configuration declares is changed there", async () => {
      const { owner } = management();
      const { items } = ok(await owner.get(`${path}?page_size=100`), ChannelPage);
      const declared = items.find(({ name }) => name === "scripted");
      assert.equal(declared?.source, "config");
      failed(
        await owner.patch(`${path}/${declared?.id}`, { enabled: false }),
        "resource.read_only",
      );
      failed(await owner.delete(`${path}/${declared?.id}`), "resource.read_only");
    });

    test("test 200: the upstream's models when it takes the credential", async () => {
      const { id } = await create();
      const result = ok(await management().owner.post(`${path}/${id}/test`), ChannelTest);
      assert.deepEqual([result.ok, result.status, result.message], [true, 200, null]);
      assert.deepEqual(result.models, ["tiny"]);
    });

    test("test 200: what went wrong when it does not, without the credential", async () => {
      const { id } = await create({ credential: "sk-wrong-credential" });
      const answer = await management().owner.post(`${path}/${id}/test`);
      const result = ok(answer, ChannelTest);
      assert.deepEqual([result.ok, result.status], [false, 401]);
      assert.ok(!JSON.stringify(answer.json).includes("sk-wrong-credential"));
    });

    test("test 200: a private address is not called unless the channel permits it", async () => {
      const { id } = await create({ allow_private_network: false });
      const result = ok(await management().owner.post(`${path}/${id}/test`), ChannelTest);
      assert.deepEqual([result.ok, result.status], [false, null]);
      assert.notEqual(result.message, null);
    });

    test("DELETE 200: gone for good", async () => {
      const { owner } = management();
      const { id } = await create();
      ok(await owner.delete(`${path}/${id}`), z.null());
      failed(await owner.get(`${path}/${id}`), "resource.not_found");
    });
  });
