import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { isWellFormed } from "../../../common/api-key.ts";
import { openDatabase } from "../../../common/db/open-database.ts";
import { createLog } from "../../../common/log.ts";
import { PermissionsSchema } from "../../../gen/common/access/access_pb.ts";
import { call, everything, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases, limits } from "../../../test/support/databases.ts";
import type { ApiKeyTables } from "../store/schema.ts";

for (const engine of databases()) {
  describe(`generating keys on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);

    test("a new key works at once on every replica and shows what was asked for", async () => {
      const { replicas, clock } = fixture();
      const expiresAtMs = clock.nowMs + 1_000;
      const { key, secret } = await replicas[0].client.generateApiKey(
        {
          userId: "u1",
          name: "  laptop ",
          description: "two\nlines",
          expiresAtMs,
          permissions: { endpoints: ["models"], models: { allow: ["gpt-*"], deny: ["gpt-4"] } },
          ownerPermissions: everything,
        },
        call,
      );
      assert.equal(isWellFormed(secret), true);
      assert.equal(key?.name, "laptop");
      assert.equal(key.description, "two\nlines");
      assert.equal(key.status, "active");
      assert.equal(key.expiresAtMs, expiresAtMs);
      assert.equal(key.createdAtMs, clock.nowMs);
      assert.equal(secret.startsWith(key.prefix) && secret.endsWith(key.lastFour), true);
      assert.deepEqual(key.permissions?.endpoints, ["models"]);
      assert.deepEqual(key.permissions.models?.deny, ["gpt-4"]);
      const validated = await replicas[1].validate(secret);
      assert.equal(validated.verdict, "ok");
      assert.deepEqual(validated.key, key);
    });

    test("lists that are the owner's own are no reason to refuse a key", async () => {
      const ownerPermissions = {
        endpoints: ["*"],
        models: { allow: ["my model", "*"], deny: [] },
        ipRanges: Array.from({ length: 200 }, (_, index) => `10.0.0.${index}`),
      };
      const { client } = fixture().replicas[0];
      const made = await client.generateApiKey(
        { userId: "u1", name: "k", permissions: ownerPermissions, ownerPermissions },
        call,
      );
      assert.equal(made.key?.permissions?.ipRanges.length, 200);
      const ipRanges = [...ownerPermissions.ipRanges, "10.0.1.1"];
      const others = { ...ownerPermissions, ipRanges };
      await assert.rejects(
        client.generateApiKey(
          { userId: "u1", name: "k", permissions: others, ownerPermissions },
          call,
        ),
        { code: "request.invalid" },
      );
    });

    test("a key for which no permissions are named gets those of its owner", async () => {
      const ownerPermissions = { endpoints: ["models"], models: { allow: ["a"], deny: ["b"] } };
      const { key } = await fixture().replicas[0].client.generateApiKey(
        { userId: "u1", name: "k", ownerPermissions },
        call,
      );
      assert.deepEqual(key?.permissions, create(PermissionsSchema, ownerPermissions));
    });

    test("neither a secret nor anything it could be read from lies in the database", async () => {
      const { secret } = await fixture().replicas[0].issue({ userId: "u1" });
      const stored = await everyRow(fixture().database.url);
      assert.equal(stored.includes(secret.slice(0, 10)), true);
      assert.equal(stored.includes(secret.slice(6, 20)), false);
      assert.equal(stored.includes(secret.slice(-20)), false);
    });

    test("permissions beyond the owner's are refused, field by field", async () => {
      const request = {
        userId: "u1",
        name: "k",
        permissions: { endpoints: ["models", "embeddings"], models: { allow: ["*"] } },
        ownerPermissions: { endpoints: ["models"], models: { allow: ["gpt-*"] } },
      };
      await assert.rejects(fixture().replicas[0].client.generateApiKey(request, call), (error) => {
        assert.equal(Reflect.get(error as object, "code"), "permissions.exceed_owner");
        const fields = Reflect.get(error as object, "details").map(
          (d: { field: string }) => d.field,
        );
        assert.deepEqual(fields, ["permissions.endpoints", "permissions.models.allow"]);
        return true;
      });
    });

    test("an owner of whom nothing is said can give nothing", async () => {
      const { client } = fixture().replicas[0];
      const request = { userId: "u1", name: "k", permissions: everything };
      await assert.rejects(client.generateApiKey(request, call), {
        code: "permissions.exceed_owner",
      });
    });

    test("every field that cannot be used is named", async () => {
      const { replicas, clock } = fixture();
      const unusable: [object, string][] = [
        [{ userId: "" }, "user_id"],
        [{ userId: "a\0b" }, "user_id"],
        [{ name: "  " }, "name"],
        [{ name: "x".repeat(101) }, "name"],
        [{ name: "a\0b" }, "name"],
        [{ name: "half \ud83d" }, "name"],
        [{ description: "x".repeat(1_001) }, "description"],
        [{ description: "a\0b" }, "description"],
        [{ expiresAtMs: clock.nowMs }, "expires_at"],
        [{ expiresAtMs: clock.nowMs + 0.5 }, "expires_at"],
        [{ expiresAtMs: Number.NaN }, "expires_at"],
        [{ expiresAtMs: Number.POSITIVE_INFINITY }, "expires_at"],
        [{ permissions: { endpoints: Array(65).fill("a") } }, "permissions.endpoints"],
        [{ permissions: { endpoints: [""] } }, "permissions.endpoints"],
        [{ permissions: { models: { allow: ["x".repeat(201)] } } }, "permissions.models.allow"],
        [{ permissions: { models: { deny: ["a b"] } } }, "permissions.models.deny"],
        [{ permissions: { ipRanges: ["10.0.0.0/33"] } }, "permissions.ip_ranges"],
      ];
      for (const [fields, field] of unusable) {
        const request = { userId: "u1", name: "k", ownerPermissions: everything, ...fields };
        await assert.rejects(
          replicas[0].client.generateApiKey(request, call),
          (error) => {
            assert.equal(Reflect.get(error as object, "code"), "request.invalid");
            assert.equal(Reflect.get(error as object, "details")[0].field, field);
            return true;
          },
          JSON.stringify(fields),
        );
      }
    });

    test("a user never gets more keys than the limit, however many replicas are asked", async () => {
      const limited = { config: { keysPerUserMax: 3 } };
      const replicas = await Promise.all([fixture().start(limited), fixture().start(limited)]);
      const attempts = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => replicas[index % 2]!.issue({ userId: "eager" })),
      );
      const issued = attempts.filter((attempt) => attempt.status === "fulfilled");
      assert.equal(issued.length, 3);
      for (const attempt of attempts) {
        if (attempt.status === "rejected") assert.equal(attempt.reason.code, "resource.conflict");
      }
      const actor = { userId: "eager", role: "member" };
      await replicas[0]!.client.deleteApiKey({ actor, id: issued[0]!.value.id }, call);
      await replicas[1]!.issue({ userId: "eager" });
      await assert.rejects(replicas[1]!.issue({ userId: "eager" }), { code: "resource.conflict" });
    });
  });
}

async function everyRow(url: string): Promise<string> {
  const log = createLog({ level: "silent", format: "json" }, "test");
  const { migrations } = await import("../store/migrations.ts");
  const database = await openDatabase<ApiKeyTables>({
    url,
    limits,
    schema: "apirouter_apikey",
    migrations,
    log,
  });
  const tables = ["api_keys", "api_key_secrets", "api_key_owners"] as const;
  const rows = await Promise.all(
    tables.map((table) => database.sql.selectFrom(table).selectAll().execute()),
  );
  await database.close();
  return JSON.stringify(rows);
}
