import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import { Model, ModelPage } from "../../../api/types/models.ts";
import { failed, ok } from "../../support/management.ts";
import type { Contract } from "../contract.ts";

const path = "/api/v1/models";

export const models: Contract = (management) =>
  suite("/api/v1/models", () => {
    test("POST 201: what is left out is unknown", async () => {
      const model = ok(await management().owner.post(path, { id: "bare" }), Model, 201);
      assert.equal(model.owner, null);
      assert.deepEqual([model.context_tokens_max, model.output_tokens_max], [null, null]);
      assert.ok(Object.values(model.prices).every((price) => price === null));
      assert.equal(model.source, "api");
    });

    test("POST 201: everything that can be said of a model comes back", async () => {
      const given = {
        id: "acme/large:free",
        display_name: "Large",
        owner: "acme",
        context_tokens_max: 200_000,
        output_tokens_max: 8_192,
        input_modalities: ["text", "image"],
        output_modalities: ["text"],
        capabilities: ["tools", "structured_output"],
        prices: { input: 3_000_000, output: 15_000_000, cached_input: 300_000, reasoning: 0 },
      };
      const model = ok(await management().owner.post(path, given), Model, 201);
      const { source: _source, created_at: _created, updated_at: _updated, ...rest } = model;
      const unknown = { cache_write: null, audio_input: null, audio_output: null };
      assert.deepEqual(rest, { ...given, prices: { ...given.prices, ...unknown } });
    });

    const wrong: [string, object, string][] = [
      ["no id", {}, "id"],
      ["an id with white space", { id: "a b" }, "id"],
      ["an id that would match others", { id: "gpt-*" }, "id"],
      ["an id that a URL would swallow", { id: "../users" }, "id"],
      ["a modality that is none", { id: "x", input_modalities: ["smell"] }, "input_modalities.0"],
      ["half a token", { id: "x", context_tokens_max: 1.5 }, "context_tokens_max"],
      ["a negative price", { id: "x", prices: { input: -1 } }, "prices.input"],
      ["an unknown price", { id: "x", prices: { inputs: 1 } }, "prices.inputs"],
    ];
    for (const [name, body, field] of wrong) {
      test(`POST 400: ${name}`, async () => {
        failed(await management().owner.post(path, body), "request.invalid", field);
      });
    }

    test("POST 409: an id that is taken", async () => {
      const { owner } = management();
      ok(await owner.post(path, { id: "taken" }), Model, 201);
      failed(await owner.post(path, { id: "taken" }), "resource.conflict");
    });

    test("GET 200: anybody who is signed in may read them", async () => {
      const { member } = management();
      const person = await member();
      const page = ok(await person.get(`${path}?search=declared`), ModelPage);
      assert.deepEqual(
        page.items.map(({ id }) => id),
        ["declared/in-config"],
      );
    });

    for (const spelling of ["team/model%3Av1", "team%2Fmodel:v1", "team/model:v1"]) {
      test(`GET, PATCH and DELETE 200: an id with a slash, spelt ${spelling}`, async () => {
        const { owner } = management();
        ok(await owner.post(path, { id: "team/model:v1" }), Model, 201);
        assert.equal(ok(await owner.get(`${path}/${spelling}`), Model).id, "team/model:v1");
        ok(await owner.patch(`${path}/${spelling}`, { owner: "team" }), Model);
        ok(await owner.delete(`${path}/${spelling}`), z.null());
        failed(await owner.get(`${path}/${spelling}`), "resource.not_found");
      });
    }

    test("PATCH 200: what is given changes, a price table as a whole; null is unknown again", async () => {
      const { owner } = management();
      const given = {
        id: "m",
        owner: "acme",
        context_tokens_max: 10,
        prices: { input: 1, output: 2 },
      };
      ok(await owner.post(path, given), Model, 201);
      const priced = ok(await owner.patch(`${path}/m`, { prices: { input: 5 } }), Model);
      assert.deepEqual([priced.prices.input, priced.prices.output], [5, null]);
      assert.deepEqual([priced.owner, priced.context_tokens_max], ["acme", 10]);
      const cleared = { owner: null, context_tokens_max: null };
      const model = ok(await owner.patch(`${path}/m`, cleared), Model);
      assert.deepEqual(
        [model.owner, model.context_tokens_max, model.prices.input],
        [null, null, 5],
      );
    });

    test("PATCH 400: the id stays", async () => {
      const { owner } = management();
      ok(await owner.post(path, { id: "fixed" }), Model, 201);
      failed(await owner.patch(`${path}/fixed`, { id: "moved" }), "request.invalid", "id");
    });

    test("PATCH and DELETE 409: what the configuration declares is changed there", async () => {
      const { owner } = management();
      const declared = `${path}/declared/in-config`;
      assert.equal(ok(await owner.get(declared), Model).source, "config");
      failed(await owner.patch(declared, { owner: "me" }), "resource.read_only");
      failed(await owner.delete(declared), "resource.read_only");
    });
  });
