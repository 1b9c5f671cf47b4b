import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callWith,
  routeTo,
  startForwarding,
  upstreamCredential,
} from "../../../test/support/forwarding.ts";
import { freePort } from "../../../test/support/ports.ts";
import { answerJson, startUpstream } from "../../../test/support/upstream.ts";
import type { OpenAIConfig } from "../config.ts";

test("a probe asks for the models with the route's credential", async (t) => {
  const list = { object: "list", data: [{ id: "m1" }, { id: "m2" }, { nothing: 1 }] };
  const upstream = await startUpstream(answerJson(200, list), t);
  const { client } = await startForwarding({ test: t, routes: [] });
  const got = await client.probe({ route: routeTo(`${upstream.baseUrl}/`) }, callWith());
  assert.deepEqual([got.ok, got.status, got.models, got.message], [true, 200, ["m1", "m2"], ""]);
  const [entry] = upstream.ledger;
  assert.deepEqual([entry?.method, entry?.path], ["GET", "/v1/models"]);
  assert.equal(entry?.headers["authorization"], `Bearer ${upstreamCredential}`);
});

test("what is wrong with an upstream is the probe's answer", async (t) => {
  const refusal = { error: { message: `Incorrect API key provided: ${upstreamCredential}` } };
  const config: Partial<OpenAIConfig> = { probeTimeoutMs: 50, probeBodyBytesMax: 1_000 };
  const upstream = await startUpstream(answerJson(401, refusal), t);
  const { client } = await startForwarding({ test: t, routes: [], config });
  const probe = () => client.probe({ route: routeTo(upstream.baseUrl) }, callWith());
  const outcome = async () => {
    const { ok, status, message } = await probe();
    assert.equal(ok, false);
    return `${status} ${message}`;
  };
  assert.equal(await outcome(), "401 Incorrect API key provided: ***");
  upstream.play(answerJson(200, "<html>"));
  assert.match(await outcome(), /^200 .*not a list of models/);
  upstream.play(answerJson(200, "x".repeat(2_000)));
  assert.match(await outcome(), /^0 .*too long/);
  upstream.play(({ cut }) => cut());
  assert.match(await outcome(), /^0 .*closed the connection/);
  upstream.play(() => {});
  assert.match(await outcome(), /^0 No answer in time/);
});

test("why an upstream cannot be reached is told by its code", async (t) => {
  const { client } = await startForwarding({ test: t, routes: [] });
  const baseUrl = `http://127.0.0.1:${await freePort()}/v1`;
  const { message } = await client.probe({ route: routeTo(baseUrl) }, callWith());
  assert.equal(message, "The upstream could not be reached (ECONNREFUSED).");
});

test("a route to an unknown provider or a broken base URL is told, not tried", async (t) => {
  const { client } = await startForwarding({ test: t, routes: [] });
  const message = async (route: object) =>
    (await client.probe({ route: routeTo("http://x.test", route) }, callWith())).message;
  assert.match(await message({ provider: "nobody" }), /'nobody' is not known/);
  assert.match(await message({ baseUrl: "file:///etc/passwd" }), /http or https/);
  assert.match(await message({ provider: "openai-compatible", baseUrl: "" }), /http or https/);
});

test("the demo provider is probed without a network", async (t) => {
  const { client } = await startForwarding({ test: t, routes: [] });
  const route = { channelId: "demo", provider: "demo" };
  const got = await client.probe({ route }, callWith());
  assert.deepEqual([got.ok, got.models], [true, ["demo", "demo-fast"]]);
});
