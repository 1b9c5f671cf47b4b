import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const boss = { userId: "boss", role: "owner" };

for (const engine of databases()) {
  describe(`listing keys on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);
    const list = async (request: object) => {
      const answer = await fixture().replicas[0].client.listApiKeys(
        { actor: boss, ...request },
        call,
      );
      return { names: answer.keys.map(({ name }) => name), total: answer.total };
    };

    test("paging while keys are created meets each key that was there exactly once", async () => {
      const { replicas, clock } = fixture();
      for (let index = 0; index < 7; index++) {
        clock.nowMs += index % 3;
        await replicas[0].issue({ userId: "pager", name: `old ${index}` });
      }
      const seen: string[] = [];
      for (let page = 1; ; page++) {
        const { names } = await list({ userId: "pager", page: { page, pageSize: 3 } });
        seen.push(...names.filter((name) => name.startsWith("old")));
        if (names.length < 3 || page > 10) break;
        clock.nowMs += 1;
        await replicas[1].issue({ userId: "pager", name: `new ${page}` });
      }
      assert.deepEqual(
        seen.toSorted(),
        Array.from({ length: 7 }, (_, index) => `old ${index}`),
      );
    });

    test("a page tells the total, has a standard size, and may lie beyond the end", async () => {
      for (let index = 0; index < 21; index++) {
        await fixture().replicas[0].issue({ userId: "many", name: `${index}` });
      }
      const first = await list({ userId: "many" });
      assert.deepEqual([first.names.length, first.total], [20, 21]);
      const second = await list({ userId: "many", page: { page: 2, pageSize: 0 } });
      assert.deepEqual([second.names.length, second.total], [1, 21]);
      const beyond = await list({ userId: "many", page: { page: 4_294_967_295, pageSize: 100 } });
      assert.deepEqual([beyond.names.length, beyond.total], [0, 21]);
    });

    test("the status filter finds just the keys that show this status", async () => {
      const { replicas, clock } = fixture();
      const { client, issue } = replicas[0];
      const expiresAtMs = clock.nowMs + 100;
      await issue({ userId: "stan", name: "lasting" });
      await issue({ userId: "stan", name: "ending", expiresAtMs });
      const disabled = await issue({ userId: "stan", name: "disabled" });
      const both = await issue({ userId: "stan", name: "both", expiresAtMs });
      for (const { id } of [disabled, both]) {
        await client.setApiKeyStatus({ actor: boss, id, status: "disabled" }, call);
      }
      const deleted = await issue({ userId: "stan", name: "deleted" });
      await client.deleteApiKey({ actor: boss, id: deleted.id }, call);

      const byStatus = async () => {
        const statuses = ["", "active", "disabled", "expired"];
        const pages = statuses.map((status) =>
          client.listApiKeys({ actor: boss, userId: "stan", status }, call),
        );
        const [all, ...filtered] = await Promise.all(pages);
        const found = filtered.flatMap(({ keys }) => keys);
        assert.equal(all?.total, 4);
        assert.equal(found.length, 4);
        return Object.fromEntries(found.map(({ name, status }) => [name, status]));
      };
      assert.deepEqual(await byStatus(), {
        lasting: "active",
        ending: "active",
        disabled: "disabled",
        both: "disabled",
      });
      clock.nowMs = expiresAtMs;
      assert.deepEqual(await byStatus(), {
        lasting: "active",
        ending: "expired",
        disabled: "disabled",
        both: "expired",
      });
    });

    test("the name filter takes its text literally and any case of it", async () => {
      const names = ["100%", "under_score", "back\\slash", "Éclair", "it's"];
      for (const name of names) await fixture().replicas[0].issue({ userId: "nina", name });
      const searches = ["0%", "r_s", "K\\S", "éCL", "'", "%_", ""];
      const found = await Promise.all(
        searches.map(async (name) => (await list({ userId: "nina", name })).names),
      );
      assert.deepEqual(found, [...names.map((name) => [name]), [], names]);
    });

    test("a filter or page size that cannot be meant is refused by name", async () => {
      const unusable = [
        [{ status: "deleted" }, "status"],
        [{ name: "a\0" }, "name"],
        [{ userId: "a\0" }, "user_id"],
        [{ page: { page: 1, pageSize: 101 } }, "page_size"],
      ] as const;
      for (const [request, field] of unusable) {
        await assert.rejects(list(request), (error) => {
          assert.equal(Reflect.get(error as object, "code"), "request.invalid");
          assert.equal(Reflect.get(error as object, "details")[0].field, field);
          return true;
        });
      }
    });
  });
}
