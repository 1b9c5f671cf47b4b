import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSecret } from "../../common/api-key.ts";
import { call, errorOf, type Permissions, useDataPlane } from "../support/data-plane.ts";
import { answerJson } from "../support/upstream.ts";

const plane = useDataPlane();
const everything: Permissions = {
  endpoints: ["*"],
  models: { allow: ["*"], deny: [] },
  ipRanges: [],
};

for (const header of ["authorization", "x-api-key", "api-key", "x-goog-api-key"]) {
  test(`a key in ${header} is taken`, async () => {
    const { issue, router } = plane();
    const { secret } = await issue();
    const value = header === "authorization" ? `bearer ${secret}` : secret;
    const response = await fetch(`${router.url}/v1/models`, { headers: { [header]: value } });
    assert.equal(response.status, 200);
  });
}

test("no key at all is 401 with a challenge", async () => {
  const response = await fetch(`${plane().router.url}/v1/models`);
  assert.equal(response.status, 401);
  assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
  assert.match((await errorOf(response)).message, /didn't provide an API key/);
});

test("a key is refused without a trace of it beyond its last four characters", async () => {
  const secret = generateSecret();
  const response = await plane().chat(secret);
  assert.equal(response.status, 401);
  const text = await response.text();
  assert.ok(text.includes(`sk-ar-****${secret.slice(-4)}`));
  assert.ok(!text.includes(secret.slice(6, 30)));
  assert.equal(JSON.parse(text).error.code, "invalid_api_key");
});

test("what is no key of ours is refused, and no short secret echoed", async () => {
  for (const secret of ["hunter2", "sk-proj-0123456789abcdefghij", "sk-ar-short"]) {
    const response = await plane().chat(secret);
    assert.equal(response.status, 401);
    const { message, code } = await errorOf(response);
    assert.equal(code, "invalid_api_key");
    assert.ok(!message.includes("hunter2") && !message.includes("short"));
  }
});

test("a key is refused from the millisecond of its expiry on", async () => {
  const { issue, chat, upstream } = plane();
  upstream.play(answerJson(200, {}));
  const expiresAtMs = Date.now() + 300;
  const { secret } = await issue({ expiresAtMs });
  assert.equal((await chat(secret)).status, 200);
  while (Date.now() < expiresAtMs) await new Promise((resolve) => setTimeout(resolve, 5));
  const response = await chat(secret);
  assert.equal(response.status, 401);
  assert.equal((await errorOf(response)).code, "api_key_expired");
});

test("a rotated key works through its grace only, its successor from the start", async () => {
  const { issue, chat, router, owner } = plane();
  const { id, secret } = await issue();
  assert.equal((await chat(secret)).status, 200);
  const request = { actor: owner, id, graceSeconds: 60 };
  const rotated = await router.services.apikey.rotateApiKey(request, call);
  assert.equal((await chat(secret)).status, 200);
  assert.equal((await chat(rotated.secret)).status, 200);
  await router.services.apikey.rotateApiKey({ actor: owner, id, graceSeconds: 0 }, call);
  const response = await chat(rotated.secret);
  assert.equal(response.status, 401);
  assert.equal((await errorOf(response)).code, "api_key_revoked");
});

const denials: readonly [name: string, Partial<Permissions>, code: string][] = [
  ["an endpoint", { endpoints: ["models"] }, "endpoint_not_allowed"],
  ["a model", { models: { allow: ["gpt-test-mini"], deny: [] } }, "model_not_allowed"],
  ["a denied model", { models: { allow: ["*"], deny: ["gpt-*"] } }, "model_not_allowed"],
  ["an address", { ipRanges: ["10.0.0.0/8"] }, "ip_not_allowed"],
];
for (const [name, denied, code] of denials) {
  test(`${name} that a key may not use is 403`, async () => {
    const { issue, chat } = plane();
    const { secret } = await issue({ permissions: { ...everything, ...denied } });
    const response = await chat(secret);
    assert.equal(response.status, 403);
    assert.equal((await errorOf(response)).code, code);
  });

  test(`${name} that the owner may not use is 403 for every key, at once`, async () => {
    const { issue, chat, member, router, owner } = plane();
    const userId = await member();
    const { secret } = await issue({ userId });
    assert.equal((await chat(secret)).status, 200);
    const permissions = { ...everything, ...denied };
    await router.services.user.setUserAccess({ actor: owner, id: userId, permissions }, call);
    const response = await chat(secret);
    assert.equal(response.status, 403);
    assert.equal((await errorOf(response)).code, code);
  });
}

test("a key's new permissions hold from the acknowledgement on", async () => {
  const { issue, chat, router, owner } = plane();
  const { id, secret } = await issue();
  for (const allow of [["other"], ["gpt-test"], ["other"]]) {
    const permissions = { ...everything, models: { allow, deny: [] } };
    const request = { actor: owner, id, permissions, ownerPermissions: everything };
    await router.services.apikey.updateApiKey(request, call);
    assert.equal((await chat(secret)).status, allow[0] === "other" ? 403 : 200);
  }
});
