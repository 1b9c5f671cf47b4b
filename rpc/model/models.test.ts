import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { databases } from "../../test/support/databases.ts";
import type { ModelReplica } from "../../test/support/models.ts";
import { admin, call, member, useModels } from "../../test/support/models.ts";

for (const engine of databases()) {
  describe(`the catalogue on ${engine.name}`, engine.options, () => {
    const fixture = useModels(engine);
    let client: ModelReplica["client"];
    before(async () => {
      ({ client } = await fixture().start({ config: { models: [{ id: "declared" }] } }));
    });

    it("keeps every field of a model, and knows which prices are unknown", async () => {
      const model = {
        id: "acme/big:free",
        displayName: "Big",
        owner: "acme",
        contextTokensMax: 4_294_967_295,
        outputTokensMax: 8_192,
        inputModalities: ["text", "image"],
        outputModalities: ["text"],
        capabilities: ["tools", "structured_output"],
        prices: { input: 2_500_000, output: 10_000_000, cachedInput: 0 },
      };
      const created = await client.createModel({ actor: admin, model }, call);
      const read = await client.getModel({ id: model.id }, call);
      assert.deepEqual(read, created);
      const { prices, source, createdAtMs } = read;
      const { prices: _, ...plain } = model;
      assert.partialDeepStrictEqual(read, plain);
      assert.equal(prices?.input, 2_500_000);
      assert.equal(prices?.cachedInput, 0);
      assert.equal(prices?.reasoning, undefined);
      assert.equal(source, "api");
      assert.ok(createdAtMs > 1.7e12);
    });

    it("changes only what is given, and replaces lists and prices as a whole", async () => {
      const model = {
        id: "changing",
        owner: "acme",
        capabilities: ["tools"],
        prices: { input: 1 },
      };
      await client.createModel({ actor: admin, model }, call);
      const updated = await client.updateModel(
        { actor: admin, id: "changing", displayName: "New", prices: { output: 2 } },
        call,
      );
      assert.equal(updated.displayName, "New");
      assert.equal(updated.owner, "acme");
      assert.deepEqual(updated.capabilities, ["tools"]);
      assert.deepEqual([updated.prices?.input, updated.prices?.output], [undefined, 2]);
      const emptied = await client.updateModel(
        { actor: admin, id: "changing", capabilities: { values: [] }, displayName: "" },
        call,
      );
      assert.deepEqual(emptied.capabilities, []);
      assert.equal(emptied.displayName, "changing");
    });

    it("lists by id, page by page, and searches without wildcards in any case", async () => {
      for (const id of ["list-c", "list-a", "list-b", "list_%"]) {
        await client.createModel({ actor: admin, model: { id } }, call);
      }
      const page = { page: 2, pageSize: 2 };
      const second = await client.listModels({ page, search: "LIST-" }, call);
      assert.deepEqual(
        second.models.map(({ id }) => id),
        ["list-c"],
      );
      assert.equal(second.total, 3);
      const literal = await client.listModels({ search: "_%" }, call);
      assert.deepEqual(
        literal.models.map(({ id }) => id),
        ["list_%"],
      );
    });

    it("deletes a model once", async () => {
      await client.createModel({ actor: admin, model: { id: "gone" } }, call);
      await client.deleteModel({ actor: admin, id: "gone" }, call);
      const notFound = { code: "resource.not_found" };
      await assert.rejects(client.getModel({ id: "gone" }, call), notFound);
      await assert.rejects(client.deleteModel({ actor: admin, id: "gone" }, call), notFound);
      await assert.rejects(client.updateModel({ actor: admin, id: "gone" }, call), notFound);
    });

    it("refuses members, and changes of what the configuration declares", async () => {
      const forbidden = { code: "auth.forbidden" };
      const model = { id: "mine" };
      await assert.rejects(client.createModel({ actor: member, model }, call), forbidden);
      await assert.rejects(client.createModel({ model }, call), forbidden);
      await assert.rejects(client.updateModel({ actor: member, id: "declared" }, call), forbidden);
      await assert.rejects(client.deleteModel({ actor: member, id: "declared" }, call), forbidden);
      const readOnly = { code: "resource.read_only" };
      await assert.rejects(client.updateModel({ actor: admin, id: "declared" }, call), readOnly);
      await assert.rejects(client.deleteModel({ actor: admin, id: "declared" }, call), readOnly);
    });

    it("refuses an id that is taken", async () => {
      const request = { actor: admin, model: { id: "declared" } };
      await assert.rejects(client.createModel(request, call), { code: "resource.conflict" });
    });

    for (const [field, model] of [
      ["id", { id: "" }],
      ["id", { id: "with space" }],
      ["id", { id: "gpt-*" }],
      ["id", { id: "x".repeat(201) }],
      ["prices.cached_input", { id: "x", prices: { cachedInput: -1 } }],
      ["prices.input", { id: "x", prices: { input: 0.5 } }],
      ["prices.output", { id: "x", prices: { output: Number.NaN } }],
      ["input_modalities", { id: "x", inputModalities: ["smell"] }],
      ["capabilities", { id: "x", capabilities: ["tools", "tools"] }],
      ["display_name", { id: "x", displayName: "a\nb" }],
    ] as const) {
      it(`names ${field} when it is wrong: ${JSON.stringify(model).slice(0, 50)}`, async () => {
        const lists = {
          inputModalities: "inputModalities" in model ? [...model.inputModalities] : [],
          capabilities: "capabilities" in model ? [...model.capabilities] : [],
        };
        await assert.rejects(
          client.createModel({ actor: admin, model: { ...model, ...lists } }, call),
          (error: { code: string; details: { field: string }[] }) => {
            assert.equal(error.code, "request.invalid");
            assert.deepEqual(
              error.details.map((detail) => detail.field),
              [field],
            );
            return true;
          },
        );
      });
    }
  });
}
