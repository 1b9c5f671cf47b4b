import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const actor = { userId: "ann", role: "member" };

for (const engine of databases()) {
  describe(`enabling and disabling keys on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);

    test("a disabled key is refused by every replica until it is enabled again", async () => {
      const { replicas } = fixture();
      const { id, secret } = await replicas[0].issue(actor);
      for (const status of ["disabled", "disabled", "active", "active", "disabled"]) {
        const key = await replicas[0].client.setApiKeyStatus({ actor, id, status }, call);
        assert.equal(key.status, status);
        const { verdict } = await replicas[1].validate(secret);
        assert.equal(verdict, status === "active" ? "ok" : "disabled");
      }
    });

    test("after changes that race, what is shown and what is validated agree", async () => {
      const { replicas } = fixture();
      const { id, secret } = await replicas[0].issue(actor);
      const statuses = ["active", "disabled", "active", "disabled", "active", "disabled"];
      const changed = await Promise.all(
        statuses.map((status, index) =>
          replicas[index % 2 ? 1 : 0].client.setApiKeyStatus({ actor, id, status }, call),
        ),
      );
      assert.deepEqual(
        changed.map((key) => key.status),
        statuses,
      );
      const { status } = await replicas[0].client.getApiKey({ actor, id }, call);
      const { verdict } = await replicas[1].validate(secret);
      assert.equal(verdict, status === "active" ? "ok" : "disabled");
    });

    test("nothing but active and disabled can be set", async () => {
      const { client, issue } = fixture().replicas[0];
      const { id } = await issue(actor);
      for (const status of ["", "expired", "deleted", "Active"]) {
        await assert.rejects(client.setApiKeyStatus({ actor, id, status }, call), {
          code: "request.invalid",
        });
      }
    });
  });
}
