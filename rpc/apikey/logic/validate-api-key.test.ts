import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { generateSecret } from "../../../common/api-key.ts";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

for (const engine of databases()) {
  describe(`validating secrets on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);

    test("a well-formed secret that was never issued is unknown, without a key", async () => {
      const { verdict, key } = await fixture().replicas[0].validate(generateSecret());
      assert.deepEqual([verdict, key], ["unknown", undefined]);
    });

    test("what is no hash is refused instead of looked up", async () => {
      for (const secretHash of [new Uint8Array(), new Uint8Array(31), new Uint8Array(33)]) {
        await assert.rejects(fixture().replicas[0].client.validateApiKey({ secretHash }, call), {
          code: "request.invalid",
        });
      }
    });

    test("every verdict on a key that exists carries the key as it is shown", async () => {
      const { replicas, clock } = fixture();
      const { client } = replicas[0];
      const actor = { userId: "ann", role: "member" };
      const expiresAtMs = clock.nowMs + 1_000;
      const { id, secret } = await replicas[0].issue({ ...actor, expiresAtMs });
      const check = async (verdict: string, asked = secret) => {
        const answer = await replicas[1].validate(asked);
        assert.equal(answer.verdict, verdict);
        assert.deepEqual(answer.key, await client.getApiKey({ actor, id }, call));
        assert.equal(answer.validUntilMs, verdict === "ok" ? expiresAtMs : undefined);
      };
      await check("ok");
      const rotated = await client.rotateApiKey({ actor, id }, call);
      await check("rotated");
      await client.setApiKeyStatus({ actor, id, status: "disabled" }, call);
      await check("disabled", rotated.secret);
      clock.nowMs = expiresAtMs;
      await check("expired", rotated.secret);
    });
  });
}
