import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const everybodyElse = [
  { userId: "stranger", role: "member" },
  { userId: "stranger", role: "unheard-of" },
  { userId: "stranger", role: "" },
  { userId: "", role: "member" },
  undefined,
];

for (const engine of databases()) {
  describe(`whose keys an actor reaches on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);
    const everyMethod = (actor: { userId: string; role: string } | undefined, id: string) => {
      const { client } = fixture().replicas[0];
      const request = { ...(actor ? { actor } : {}), id };
      return [
        () => client.getApiKey(request, call),
        () => client.updateApiKey({ ...request, name: "new" }, call),
        () => client.setApiKeyStatus({ ...request, status: "disabled" }, call),
        () => client.setApiKeyStatus({ ...request, status: "active" }, call),
        () => client.deleteApiKey(request, call),
      ];
    };

    test("to anybody else a member's key does not exist, whatever is asked of it", async () => {
      const { replicas } = fixture();
      const { id, secret } = await replicas[0].issue({ userId: "ann" });
      for (const actor of everybodyElse) {
        for (const method of everyMethod(actor, id)) {
          await assert.rejects(method(), { code: "resource.not_found" });
        }
        const listed = await replicas[0].client.listApiKeys(actor ? { actor } : {}, call);
        assert.equal(listed.total, 0);
      }
      const { verdict, key } = await replicas[0].validate(secret);
      assert.deepEqual([verdict, key?.name], ["ok", "a key"]);
    });

    test("its owner, admins and owners reach it with every method", async () => {
      const actors = [
        { userId: "ann", role: "member" },
        { userId: "boss", role: "admin" },
        { userId: "boss", role: "owner" },
      ];
      for (const actor of actors) {
        const { id } = await fixture().replicas[0].issue({ userId: "ann" });
        for (const method of everyMethod(actor, id)) await method();
      }
    });

    test("only its user learns a key's new secret", async () => {
      const { client, issue } = fixture().replicas[0];
      const { id, secret } = await issue({ userId: "ann" });
      const as = (userId: string, role: string) => ({ actor: { userId, role }, id });
      const stranger = client.rotateApiKey(as("carl", "member"), call);
      await assert.rejects(stranger, { code: "resource.not_found" });
      const admin = client.rotateApiKey(as("boss", "owner"), call);
      await assert.rejects(admin, { code: "auth.forbidden" });
      assert.equal((await fixture().replicas[0].validate(secret)).verdict, "ok");
      assert.ok((await client.rotateApiKey(as("ann", "member"), call)).secret);
    });

    test("what cannot be an id is not found, on either engine", async () => {
      for (const id of ["", "a\0b", "'", "x".repeat(10_000), "\ud83d"]) {
        for (const method of everyMethod({ userId: "boss", role: "owner" }, id)) {
          await assert.rejects(method(), { code: "resource.not_found" });
        }
      }
    });

    test("a member who asks for another user's keys gets an empty list", async () => {
      const { client, issue } = fixture().replicas[0];
      await issue({ userId: "carl" });
      const asMember = { actor: { userId: "ann", role: "member" }, userId: "carl" };
      assert.equal((await client.listApiKeys(asMember, call)).total, 0);
      const asAdmin = { actor: { userId: "boss", role: "admin" }, userId: "carl" };
      assert.equal((await client.listApiKeys(asAdmin, call)).total, 1);
    });

    test("an update cannot lift a key above its owner", async () => {
      const { client, issue } = fixture().replicas[0];
      const { id } = await issue({ userId: "ann" });
      const request = {
        actor: { userId: "boss", role: "owner" },
        id,
        permissions: { endpoints: { values: ["*"] } },
        ownerPermissions: { endpoints: ["models"], models: { allow: ["*"] } },
      };
      await assert.rejects(client.updateApiKey(request, call), {
        code: "permissions.exceed_owner",
      });
    });
  });
}
