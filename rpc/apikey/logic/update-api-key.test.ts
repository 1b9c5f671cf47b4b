import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, everything, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const actor = { userId: "ann", role: "member" };

for (const engine of databases()) {
  describe(`changing keys on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);

    test("just the fields that are named change", async () => {
      const { replicas, clock } = fixture();
      const { client } = replicas[0];
      const { id } = await replicas[0].issue({ ...actor, name: "before" });
      const before = await client.getApiKey({ actor, id }, call);
      clock.nowMs += 5;
      const renamed = await client.updateApiKey({ actor, id, name: " after " }, call);
      assert.deepEqual(renamed, { ...before, name: "after", updatedAtMs: clock.nowMs });
      const permissions = {
        endpoints: { values: ["models"] },
        allowedModels: { values: ["gpt-*"] },
      };
      const request = { actor, id, permissions, ownerPermissions: everything, description: "" };
      const narrowed = await client.updateApiKey(request, call);
      assert.deepEqual(narrowed.permissions?.endpoints, ["models"]);
      assert.equal(narrowed.name, "after");
      assert.deepEqual(await replicas[1].client.getApiKey({ actor, id }, call), narrowed);
    });

    test("updates of different fields that race lose none of them", async () => {
      const { replicas, clock } = fixture();
      const { id } = await replicas[0].issue(actor);
      const expiresAtMs = clock.nowMs + 1_000;
      const lists = ["endpoints", "allowedModels", "deniedModels", "ipRanges"];
      await Promise.all([
        replicas[0].client.updateApiKey({ actor, id, name: "n" }, call),
        replicas[1].client.updateApiKey({ actor, id, description: "d" }, call),
        replicas[0].client.updateApiKey({ actor, id, expiresAtMs }, call),
        ...lists.map((list, index) =>
          replicas[index % 2 ? 1 : 0].client.updateApiKey(
            {
              actor,
              id,
              permissions: { [list]: { values: ["192.0.2.1"] } },
              ownerPermissions: everything,
            },
            call,
          ),
        ),
        replicas[1].client.setApiKeyStatus({ actor, id, status: "disabled" }, call),
      ]);
      const key = await replicas[0].client.getApiKey({ actor, id }, call);
      const { name, description, status } = key;
      assert.deepEqual([name, description, status], ["n", "d", "disabled"]);
      assert.equal(key.expiresAtMs, expiresAtMs);
      const { endpoints, models, ipRanges } = key.permissions ?? {};
      const set = [endpoints, models?.allow, models?.deny, ipRanges];
      assert.deepEqual(
        set,
        set.map(() => ["192.0.2.1"]),
      );
    });

    test("a key dies at its expiry, lives on when that moves, and for ever without", async () => {
      const { replicas, clock } = fixture();
      const { client } = replicas[0];
      const { id, secret } = await replicas[0].issue({ ...actor, expiresAtMs: clock.nowMs + 10 });
      clock.nowMs += 10;
      assert.equal((await replicas[1].validate(secret)).verdict, "expired");
      assert.equal((await client.getApiKey({ actor, id }, call)).status, "expired");
      const enabled = await client.setApiKeyStatus({ actor, id, status: "active" }, call);
      assert.equal(enabled.status, "expired");

      const expiresAtMs = clock.nowMs + 10;
      const extended = await client.updateApiKey({ actor, id, expiresAtMs }, call);
      assert.equal(extended.status, "active");
      assert.equal((await replicas[1].validate(secret)).validUntilMs, expiresAtMs);
      const unlimited = await client.updateApiKey({ actor, id, expiresAtMs: 0 }, call);
      assert.equal(unlimited.expiresAtMs, undefined);
      clock.nowMs += 1_000_000;
      const { verdict, validUntilMs } = await replicas[1].validate(secret);
      assert.deepEqual([verdict, validUntilMs], ["ok", undefined]);
    });

    test("a field that cannot be used is named, and nothing changes", async () => {
      const { replicas, clock } = fixture();
      const { client } = replicas[0];
      const { id } = await replicas[0].issue(actor);
      const before = await client.getApiKey({ actor, id }, call);
      const unusable = [
        { name: "" },
        { name: "ok", description: "\0" },
        { name: "ok", expiresAtMs: clock.nowMs },
        { name: "ok", expiresAtMs: -1 },
        {
          name: "ok",
          permissions: { ipRanges: { values: ["nowhere"] } },
          ownerPermissions: everything,
        },
      ];
      for (const fields of unusable) {
        await assert.rejects(client.updateApiKey({ actor, id, ...fields }, call), {
          code: "request.invalid",
        });
      }
      assert.deepEqual(await client.getApiKey({ actor, id }, call), before);
    });
  });
}
