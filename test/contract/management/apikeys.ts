import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import { ApiKey, ApiKeyPage, IssuedApiKey } from "../../../api/types/apikeys.ts";
import { User } from "../../../api/types/users.ts";
import { isWellFormed } from "../../../common/api-key.ts";
import { failed, ok, type Person } from "../../support/management.ts";
import type { Contract } from "../contract.ts";

const path = "/api/v1/apikeys";
const create = async (person: Person, key: object = {}) =>
  ok(await person.post(path, { name: "a key", ...key }), IssuedApiKey, 201);

const creating: Contract = (management) =>
  suite("POST /api/v1/apikeys", () => {
    test("201: a key with its secret, its owner's permissions and no expiry", async () => {
      const person = await management().member();
      const key = await create(person);
      assert.ok(isWellFormed(key.key));
      assert.ok(key.key.startsWith(key.prefix) && key.key.endsWith(key.last_four));
      assert.equal(key.user_id, person.id);
      assert.deepEqual([key.status, key.description, key.expires_at], ["active", null, null]);
      assert.deepEqual(key.permissions, person.tokens.user.permissions);
    });

    test("201: the permissions that are given; the rest is the owner's", async () => {
      const person = await management().member();
      const permissions = { models: { allow: ["gpt-4o*"] }, ip_ranges: ["192.0.2.0/24"] };
      const key = await create(person, { permissions });
      assert.deepEqual(key.permissions, {
        endpoints: ["*"],
        models: { allow: ["gpt-4o*"], deny: [] },
        ip_ranges: ["192.0.2.0/24"],
      });
    });

    test("201: a time in any zone comes back in UTC", async () => {
      const key = await create(await management().member(), {
        expires_at: "2099-01-01T02:00:00+02:00",
      });
      assert.equal(key.expires_at, "2099-01-01T00:00:00.000Z");
    });

    const wrong: [string, object, string][] = [
      ["no name", { name: "" }, "name"],
      ["a time that is none", { expires_at: "tomorrow" }, "expires_at"],
      ["a time without a zone", { expires_at: "2099-01-01T00:00:00" }, "expires_at"],
      ["a day that is none", { expires_at: "2099-02-30T00:00:00Z" }, "expires_at"],
      ["a time that has passed", { expires_at: "2001-01-01T00:00:00Z" }, "expires_at"],
      ["a range that is none", { permissions: { ip_ranges: ["x"] } }, "permissions.ip_ranges.0"],
      [
        "an endpoint that is none",
        { permissions: { endpoints: ["/v1"] } },
        "permissions.endpoints.0",
      ],
      [
        "an endpoint with a typing error",
        { permissions: { endpoints: ["chat.completions", "model"] } },
        "permissions.endpoints.1",
      ],
      ["an unknown permission", { permissions: { admin: true } }, "permissions.admin"],
      ["the key itself", { key: "sk-ar-mine" }, "key"],
    ];
    for (const [name, changes, field] of wrong) {
      test(`400: ${name}`, async () => {
        const answer = await management().owner.post(path, { name: "a key", ...changes });
        failed(answer, "request.invalid", field);
      });
    }

    test("403: more than the owner may do", async () => {
      const { owner, member } = management();
      const person = await member();
      const narrowed = { permissions: { models: { allow: ["gpt-4o*"] } } };
      ok(await owner.patch(`/api/v1/users/${person.id}`, narrowed), User);
      const permissions = { models: { allow: ["*"] } };
      const answer = await person.post(path, { name: "a key", permissions });
      failed(answer, "permissions.exceed_owner", "permissions.models.allow");
      await create(person, { permissions: { models: { allow: ["gpt-4o-mini"] } } });
    });
  });

const listing: Contract = (management) =>
  suite("GET /api/v1/apikeys", () => {
    const idsOf = ({ items }: ApiKeyPage) => items.map(({ id }) => id).sort();

    test("200: one's own keys, without their secrets", async () => {
      const { member } = management();
      const [one, two] = [await member(), await member()];
      const key = await create(one);
      await create(two);
      const answer = await one.get(path);
      assert.ok(!JSON.stringify(answer.json).includes(key.key));
      assert.deepEqual(idsOf(ok(answer, ApiKeyPage)), [key.id]);
    });

    test("200: by status and by part of a name", async () => {
      const person = await management().member();
      const [red, blue] = [await create(person, { name: "red" }), await create(person)];
      ok(await person.post(`${path}/${blue.id}/disable`), ApiKey);
      const get = async (query: string) =>
        idsOf(ok(await person.get(`${path}?${query}`), ApiKeyPage));
      assert.deepEqual(await get("status=disabled"), [blue.id]);
      assert.deepEqual(await get("status=active"), [red.id]);
      assert.deepEqual(await get("name=re"), [red.id]);
      assert.deepEqual(await get("status=expired"), []);
    });

    test("200: pages do not overlap, and count all", async () => {
      const person = await management().member();
      for (let made = 0; made < 3; made++) await create(person);
      const get = async (page: number) =>
        ok(await person.get(`${path}?page_size=2&page=${page}`), ApiKeyPage);
      const [first, second] = [await get(1), await get(2)];
      assert.deepEqual([first.total, first.items.length, second.items.length], [3, 2, 1]);
      assert.equal(new Set([...idsOf(first), ...idsOf(second)]).size, 3);
    });

    test("200: an owner sees their own, somebody's or everybody's; a member only their own", async () => {
      const { owner, member } = management();
      const person = await member();
      const [mine, theirs] = [await create(owner), await create(person)];
      const get = async (by: Person, query: string) =>
        idsOf(ok(await by.get(`${path}?page_size=100&${query}`), ApiKeyPage));
      assert.ok(!(await get(owner, "")).includes(theirs.id));
      assert.deepEqual(await get(owner, `user_id=${person.id}`), [theirs.id]);
      const everybody = await get(owner, "all=true");
      assert.ok(everybody.includes(mine.id) && everybody.includes(theirs.id));
      assert.deepEqual(await get(person, "all=true"), [theirs.id]);
      assert.ok(!(await get(person, `user_id=${owner.id}`)).includes(mine.id));
    });
  });

const one: Contract = (management) =>
  suite("/api/v1/apikeys/{id}", () => {
    test("GET 200: one key", async () => {
      const person = await management().member();
      const { key: _secret, ...key } = await create(person);
      assert.deepEqual(ok(await person.get(`${path}/${key.id}`), ApiKey), key);
    });

    test("PATCH 200: what is given changes; null takes a description and an expiry away", async () => {
      const person = await management().member();
      const given = { description: "for tests", expires_at: "2099-01-01T00:00:00Z" };
      const { id } = await create(person, given);
      const renamed = ok(await person.patch(`${path}/${id}`, { name: "renamed" }), ApiKey);
      assert.deepEqual(
        [renamed.name, renamed.description, renamed.expires_at],
        ["renamed", "for tests", "2099-01-01T00:00:00.000Z"],
      );
      const cleared = { description: null, expires_at: null };
      const key = ok(await person.patch(`${path}/${id}`, cleared), ApiKey);
      assert.deepEqual([key.name, key.description, key.expires_at], ["renamed", null, null]);
    });

    test("PATCH 400: an expiry that has passed, the first moment of Unix time included", async () => {
      const person = await management().member();
      const { id } = await create(person, { expires_at: "2099-01-01T00:00:00Z" });
      for (const expires_at of ["1970-01-01T00:00:00Z", "2001-01-01T00:00:00Z"]) {
        const answer = await person.patch(`${path}/${id}`, { expires_at });
        failed(answer, "request.invalid", "expires_at");
      }
    });

    test("PATCH 200: parts of the permissions, of which the others stay", async () => {
      const person = await management().member();
      const { id } = await create(person, { permissions: { ip_ranges: ["192.0.2.1"] } });
      const permissions = { models: { deny: ["o1*"] } };
      const key = ok(await person.patch(`${path}/${id}`, { permissions }), ApiKey);
      assert.deepEqual(key.permissions, {
        endpoints: ["*"],
        models: { allow: ["*"], deny: ["o1*"] },
        ip_ranges: ["192.0.2.1"],
      });
    });

    test("PATCH 403: an admin cannot give a key more than its owner has", async () => {
      const { owner, member } = management();
      const person = await member();
      const { id } = await create(person, { permissions: { models: { allow: ["gpt-4o"] } } });
      const narrowed = { permissions: { models: { allow: ["gpt-4o*"] } } };
      ok(await owner.patch(`/api/v1/users/${person.id}`, narrowed), User);
      const answer = await owner.patch(`${path}/${id}`, {
        permissions: { models: { allow: ["*"] } },
      });
      failed(answer, "permissions.exceed_owner", "permissions.models.allow");
    });

    test("PATCH 400: a wrong time and an unknown field", async () => {
      const { owner } = management();
      const { id } = await create(owner);
      const past = { expires_at: "2001-01-01T00:00:00Z" };
      failed(await owner.patch(`${path}/${id}`, past), "request.invalid", "expires_at");
      failed(await owner.patch(`${path}/${id}`, { status: "active" }), "request.invalid", "status");
    });

    test("disable and enable 200", async () => {
      const person = await management().member();
      const { id } = await create(person);
      assert.equal(ok(await person.post(`${path}/${id}/disable`), ApiKey).status, "disabled");
      assert.equal(ok(await person.post(`${path}/${id}/enable`), ApiKey).status, "active");
    });

    test("enable 403: an administrator has disabled it, and enables it", async () => {
      const { owner, member } = management();
      const person = await member();
      const { id, disabled_by } = await create(person);
      assert.equal(disabled_by, null);
      const disabled = ok(await owner.post(`${path}/${id}/disable`), ApiKey);
      assert.deepEqual([disabled.status, disabled.disabled_by], ["disabled", "administrator"]);
      const { message } = failed(await person.post(`${path}/${id}/enable`), "auth.forbidden");
      assert.match(message, /only an administrator can enable it/);
      assert.equal(ok(await person.get(`${path}/${id}`), ApiKey).disabled_by, "administrator");
      assert.equal(ok(await owner.post(`${path}/${id}/enable`), ApiKey).disabled_by, null);
      assert.equal(ok(await person.post(`${path}/${id}/disable`), ApiKey).disabled_by, "user");
      assert.equal(ok(await person.post(`${path}/${id}/enable`), ApiKey).disabled_by, null);
    });

    test("rotate 200: a new secret for the same key", async () => {
      const person = await management().member();
      const key = await create(person);
      const rotated = ok(
        await person.post(`${path}/${key.id}/rotate`, { grace_seconds: 60 }),
        IssuedApiKey,
      );
      assert.equal(rotated.id, key.id);
      assert.notEqual(rotated.key, key.key);
      assert.ok(rotated.key.endsWith(rotated.last_four));
    });

    test("rotate 400: a negative or endless grace", async () => {
      const { owner } = management();
      const { id } = await create(owner);
      for (const grace_seconds of [-1, 1e9, "60"]) {
        const answer = await owner.post(`${path}/${id}/rotate`, { grace_seconds });
        failed(answer, "request.invalid", "grace_seconds");
      }
    });

    test("DELETE 200: gone for good", async () => {
      const person = await management().member();
      const { id } = await create(person);
      ok(await person.delete(`${path}/${id}`), z.null());
      failed(await person.get(`${path}/${id}`), "resource.not_found");
      failed(await person.delete(`${path}/${id}`), "resource.not_found");
      assert.equal(ok(await person.get(path), ApiKeyPage).total, 0);
    });

    test("404: another member's key, whatever is asked of it; it stays as it was", async () => {
      const { member } = management();
      const [one, two] = [await member(), await member()];
      const { key: _secret, ...key } = await create(one);
      const theirs = `${path}/${key.id}`;
      const permissions = { endpoints: [] };
      for (const answer of [
        await two.get(theirs),
        await two.patch(theirs, { name: "mine" }),
        await two.patch(theirs, { permissions }),
        await two.post(`${theirs}/disable`),
        await two.post(`${theirs}/enable`),
        await two.post(`${theirs}/rotate`),
        await two.delete(theirs),
      ]) {
        failed(answer, "resource.not_found");
      }
      assert.deepEqual(ok(await one.get(theirs), ApiKey), key);
    });

    test("200: an owner reaches every key", async () => {
      const { owner, member } = management();
      const { id } = await create(await member());
      assert.equal(
        ok(await owner.patch(`${path}/${id}`, { name: "theirs" }), ApiKey).name,
        "theirs",
      );
      ok(await owner.delete(`${path}/${id}`), z.null());
    });
  });

export const apikeys: readonly Contract[] = [creating, listing, one];
