import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openDatabase } from "../../../common/db/open-database.ts";
import { createLog } from "../../../common/log.ts";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases, limits } from "../../../test/support/databases.ts";
import { migrations } from "../store/migrations.ts";
import type { ApiKeyTables } from "../store/schema.ts";

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

    test("a member cannot enable what an administrator disabled, only administrators can", async () => {
      for (const role of ["admin", "owner"]) {
        const { replicas } = fixture();
        const { client } = replicas[0];
        const { id, secret } = await replicas[0].issue(actor);
        const boss = { userId: "boss", role };
        const set = (by: typeof actor, status: string) =>
          client.setApiKeyStatus({ actor: by, id, status }, call);
        // Disabling it oneself, before or after, makes it no less the administrator's decision.
        assert.equal((await set(actor, "disabled")).disabledBy, "user");
        assert.equal((await set(boss, "disabled")).disabledBy, "administrator");
        assert.equal((await set(actor, "disabled")).disabledBy, "administrator");
        await assert.rejects(set(actor, "active"), {
          code: "auth.forbidden",
          message: /only an administrator can enable it/,
        });
        const { key } = await client.rotateApiKey({ actor, id }, call);
        assert.deepEqual([key?.status, key?.disabledBy], ["disabled", "administrator"]);
        assert.equal((await replicas[1].validate(secret)).verdict, "rotated");
        assert.equal((await set(boss, "active")).disabledBy, "");
        assert.equal((await set(actor, "disabled")).disabledBy, "user");
        assert.equal((await set(actor, "active")).disabledBy, "");
      }
    });

    test("an administrator's own key is disabled by its user", async () => {
      const { client, issue } = fixture().replicas[0];
      const boss = { userId: "boss", role: "admin" };
      const { id } = await issue(boss);
      const disabled = await client.setApiKeyStatus({ actor: boss, id, status: "disabled" }, call);
      assert.equal(disabled.disabledBy, "user");
    });

    test("of a member's enable and an administrator's disable that race, the latter stays", async () => {
      const { replicas } = fixture();
      const { id } = await replicas[0].issue(actor);
      const boss = { userId: "boss", role: "admin" };
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          index === 4
            ? replicas[0].client.setApiKeyStatus({ actor: boss, id, status: "disabled" }, call)
            : replicas[1].client.setApiKeyStatus({ actor, id, status: "active" }, call),
        ),
      );
      const { status, disabledBy } = await replicas[1].client.getApiKey({ actor, id }, call);
      assert.equal(outcomes[4]?.status, "fulfilled");
      assert.deepEqual([status, disabledBy], ["disabled", "administrator"]);
    });

    test("a key that was disabled before it was recorded by whom can be enabled", async () => {
      const { replicas, database } = fixture();
      const { id } = await replicas[0].issue(actor);
      const { client } = replicas[0];
      await client.setApiKeyStatus({ actor, id, status: "disabled" }, call);
      const { sql, close } = await openDatabase<ApiKeyTables>({
        ...{ url: database.url, limits, schema: "apirouter_apikey", migrations },
        log: createLog({ level: "silent", format: "json" }, "test"),
      });
      await sql.updateTable("api_keys").set({ disabled_by: null }).where("id", "=", id).execute();
      await close();
      assert.equal((await client.getApiKey({ actor, id }, call)).disabledBy, "");
      assert.equal(
        (await client.setApiKeyStatus({ actor, id, status: "active" }, call)).status,
        "active",
      );
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
