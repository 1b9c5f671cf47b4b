import assert from "node:assert/strict";
import { test } from "node:test";
import { call, errorOf, models, useDataPlane } from "../support/data-plane.ts";

const plane = useDataPlane();
const permissions = {
  endpoints: ["*"],
  models: { allow: ["*"], deny: ["*mini"] },
  ipRanges: [],
};

test("a key sees the models that it may use, in OpenAI's shape", async () => {
  const { issue, client } = plane();
  const openai = client((await issue({ permissions })).secret);
  const listed = await Array.fromAsync(await openai.models.list());
  assert.deepEqual(
    listed.map(({ id }) => id),
    models.filter((id) => !id.endsWith("mini")).sort(),
  );
  for (const model of listed) {
    assert.deepEqual(Object.keys(model), ["id", "object", "created", "owned_by"]);
    assert.equal(model.object, "model");
    assert.ok(Number.isInteger(model.created));
  }
});

test("a model is found by its name, with a slash in it too", async () => {
  const { issue, client } = plane();
  for (const path of ["/v1", "/v1/openai"]) {
    const openai = client((await issue()).secret, path);
    assert.equal((await openai.models.retrieve("meta-llama/Llama-3")).id, "meta-llama/Llama-3");
  }
});

test("a model that is not there and one that is not allowed are the same 404", async () => {
  const { issue, router } = plane();
  const { secret } = await issue({ permissions });
  for (const id of ["nothing", "gpt-test-mini"]) {
    const headers = { authorization: `Bearer ${secret}` };
    const response = await fetch(`${router.url}/v1/models/${id}`, { headers });
    assert.equal(response.status, 404);
    const { code, message, param } = await errorOf(response);
    assert.deepEqual([code, param], ["model_not_found", "model"]);
    assert.equal(message, `The model '${id}' does not exist or you do not have access to it.`);
  }
});

test("a channel's change shows within 50 ms of its acknowledgement", async () => {
  const { issue, client, router, owner, upstream } = plane();
  const openai = client((await issue()).secret);
  await router.services.model.createChannel(
    {
      actor: owner,
      name: "another",
      provider: "openai",
      baseUrl: upstream.baseUrl,
      enabled: true,
      modelSource: "list",
      models: [{ name: "brand-new" }],
      allowPrivateNetwork: true,
    },
    call,
  );
  const acknowledgedAt = performance.now();
  const isListed = async () =>
    (await Array.fromAsync(await openai.models.list())).some(({ id }) => id === "brand-new");
  while (!(await isListed())) assert.ok(performance.now() - acknowledgedAt < 50);
});
