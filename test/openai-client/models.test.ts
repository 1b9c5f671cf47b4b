import assert from "node:assert/strict";
import { suite, test } from "node:test";
import OpenAI from "openai";
import { models } from "../support/data-plane.ts";
import { exceptionOf, useBoth } from "./both.ts";

const { plane, through } = useBoth();

suite("models to the official client", () => {
  test("the list reads as OpenAI's, on one page", async () => {
    const client = await through();
    const page = await client.models.list();
    assert.equal(page.object, "list");
    assert.deepEqual(page.data.map(({ id }) => id).sort(), [...models].sort());
    assert.deepEqual(await Array.fromAsync(client.models.list()), page.data);
    for (const { id, object, created, owned_by, ...rest } of page.data) {
      assert.equal(object, "model");
      assert.ok(Number.isInteger(created) && created > 1_600_000_000 && created < 1e10, id);
      assert.equal(typeof owned_by, "string");
      assert.deepEqual(rest, {});
    }
  });

  test("each one can be retrieved, also with a slash in its name", async () => {
    const client = await through();
    for (const model of (await client.models.list()).data) {
      assert.deepEqual(await client.models.retrieve(model.id), model);
    }
  });

  test("one that the key may not use is neither listed nor found", async () => {
    const permissions = { endpoints: ["*"], models: { allow: ["gpt-*"], deny: [] }, ipRanges: [] };
    const { secret } = await plane().issue({ permissions });
    const client = await through({ apiKey: secret });
    const listed = (await client.models.list()).data.map(({ id }) => id);
    assert.deepEqual(listed.sort(), ["gpt-test", "gpt-test-mini"]);
    const error = await exceptionOf(() => client.models.retrieve("meta-llama/Llama-3"));
    assert.ok(error instanceof OpenAI.NotFoundError);
  });
});
