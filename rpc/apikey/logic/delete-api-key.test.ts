import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const actor = { userId: "ann", role: "member" };

for (const engine of databases()) {
  describe(`deleting keys on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);

    test("a deleted key is gone from every method, with all of its secrets", async () => {
      const { replicas } = fixture();
      const { client } = replicas[0];
      const { id, secret } = await replicas[0].issue(actor);
      const rotated = await client.rotateApiKey({ actor, id, graceSeconds: 60 }, call);
      await client.deleteApiKey({ actor, id }, call);
      for (const gone of [secret, rotated.secret]) {
        assert.deepEqual((await replicas[1].validate(gone)).verdict, "unknown");
      }
      const methods = [
        () => client.getApiKey({ actor, id }, call),
        () => client.updateApiKey({ actor, id, name: "new" }, call),
        () => client.setApiKeyStatus({ actor, id, status: "active" }, call),
        () => client.rotateApiKey({ actor, id }, call),
        () => client.deleteApiKey({ actor, id }, call),
      ];
      for (const method of methods) await assert.rejects(method(), { code: "resource.not_found" });
      assert.equal((await client.listApiKeys({ actor }, call)).total, 0);
    });

    test("no change that races with a deletion brings the key back", async () => {
      const { replicas } = fixture();
      for (let round = 0; round < 5; round++) {
        const { id, secret } = await replicas[0].issue(actor);
        const [, rotation] = await Promise.allSettled([
          replicas[0].client.deleteApiKey({ actor, id }, call),
          replicas[1].client.rotateApiKey({ actor, id, graceSeconds: 60 }, call),
          replicas[1].client.setApiKeyStatus({ actor, id, status: "active" }, call),
        ]);
        const secrets =
          rotation.status === "fulfilled" ? [secret, rotation.value.secret] : [secret];
        for (const gone of secrets) {
          assert.equal((await replicas[1].validate(gone)).verdict, "unknown");
        }
        await assert.rejects(replicas[1].client.getApiKey({ actor, id }, call), {
          code: "resource.not_found",
        });
      }
    });
  });
}
