import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ApiKey, IssuedApiKey } from "../../../api/types/apikeys.ts";
import type { PermissionsChange } from "../../../api/types/permissions.ts";
import { User } from "../../../api/types/users.ts";
import { generateSecret } from "../../../common/api-key.ts";
import { ok } from "../../support/management.ts";
import { errorOf } from "../../support/openai.ts";
import { answerJson } from "../../support/upstream.ts";
import type { Contract } from "../contract.ts";
import { promptly } from "../promptly.ts";

export const keys: Contract = (plane) =>
  suite("API keys on the data plane", () => {
    for (const header of ["authorization", "x-api-key", "api-key", "x-goog-api-key"]) {
      test(`a key in ${header} is taken`, async () => {
        const { issue, nextUrl } = plane();
        const { secret } = await issue();
        const value = header === "authorization" ? `bearer ${secret}` : secret;
        const response = await fetch(`${nextUrl()}/v1/models`, { headers: { [header]: value } });
        assert.equal(response.status, 200);
      });
    }

    test("no key at all is 401 with a challenge", async () => {
      const response = await fetch(`${plane().nextUrl()}/v1/models`);
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
      const { secret } = await issue({ expires_at: new Date(expiresAtMs).toISOString() });
      assert.equal((await chat(secret)).status, 200);
      while (Date.now() < expiresAtMs) await new Promise((resolve) => setTimeout(resolve, 5));
      const response = await chat(secret);
      assert.equal(response.status, 401);
      assert.equal((await errorOf(response)).code, "api_key_expired");
    });

    test("a rotated key works through its grace only, its successor from the start", async () => {
      const { issue, chat, owner, upstream } = plane();
      upstream.play(answerJson(200, {}));
      const { id, secret } = await issue();
      assert.equal((await chat(secret)).status, 200);
      const rotate = async (grace_seconds: number) =>
        ok(await owner.post(`/api/v1/apikeys/${id}/rotate`, { grace_seconds }), IssuedApiKey).key;
      const second = await rotate(60);
      assert.equal((await chat(secret)).status, 200);
      assert.equal((await chat(second)).status, 200);
      await rotate(0);
      const response = await promptly(
        () => chat(second),
        ({ status }) => status === 401,
      );
      assert.equal((await errorOf(response)).code, "api_key_revoked");
    });

    const denials: readonly [name: string, PermissionsChange, code: string][] = [
      ["an endpoint", { endpoints: ["models"] }, "endpoint_not_allowed"],
      ["a model", { models: { allow: ["gpt-test-mini"], deny: [] } }, "model_not_allowed"],
      ["a denied model", { models: { allow: ["*"], deny: ["gpt-*"] } }, "model_not_allowed"],
      ["an address", { ip_ranges: ["10.0.0.0/8"] }, "ip_not_allowed"],
    ];
    for (const [name, denied, code] of denials) {
      test(`${name} that a key may not use is 403`, async () => {
        const { issue, chat } = plane();
        const { secret } = await issue({ permissions: denied });
        const response = await chat(secret);
        assert.equal(response.status, 403);
        assert.equal((await errorOf(response)).code, code);
      });

      test(`${name} that the owner may not use is 403 for every key, at once`, async () => {
        const { issue, chat, member, owner, upstream } = plane();
        upstream.play(answerJson(200, {}));
        const person = await member();
        const { secret } = await issue({ person });
        assert.equal((await chat(secret)).status, 200);
        ok(await owner.patch(`/api/v1/users/${person.id}`, { permissions: denied }), User);
        const response = await promptly(
          () => chat(secret),
          ({ status }) => status === 403,
        );
        assert.equal((await errorOf(response)).code, code);
      });
    }

    test("a key's new permissions hold within 50 ms of their acknowledgement", async () => {
      const { issue, chat, owner, upstream } = plane();
      upstream.play(answerJson(200, {}));
      const { id, secret } = await issue();
      for (const allow of [["other"], ["gpt-test"], ["other"]]) {
        const permissions = { models: { allow } };
        ok(await owner.patch(`/api/v1/apikeys/${id}`, { permissions }), ApiKey);
        const expected = allow[0] === "other" ? 403 : 200;
        await promptly(
          () => chat(secret),
          ({ status }) => status === expected,
        );
      }
    });
  });
