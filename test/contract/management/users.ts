import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import { Tokens } from "../../../api/types/auth.ts";
import { User, UserPage } from "../../../api/types/users.ts";
import { failed, ok, password } from "../../support/management.ts";
import type { Contract } from "../contract.ts";

const me: Contract = (management) =>
  suite("/api/v1/users/me", () => {
    test("GET 200: one's own profile, with the permissions of a new account", async () => {
      const person = await management().member();
      const user = ok(await person.get("/api/v1/users/me"), User);
      assert.equal(user.id, person.id);
      assert.deepEqual(user.permissions, {
        endpoints: ["*"],
        models: { allow: ["*"], deny: [] },
        ip_ranges: [],
      });
    });

    test("PATCH 200: what is given changes, the rest stays", async () => {
      const person = await management().member();
      const user = ok(await person.patch("/api/v1/users/me", { username: "renamed" }), User);
      assert.equal(user.username, "renamed");
      assert.equal(user.email, person.tokens.user.email);
      const moved = ok(
        await person.patch("/api/v1/users/me", { email: "moved@example.com" }),
        User,
      );
      assert.deepEqual([moved.username, moved.email], ["renamed", "moved@example.com"]);
    });

    test("PATCH 400: an invalid address, and what is not one's own to change", async () => {
      const person = await management().member();
      failed(await person.patch("/api/v1/users/me", { email: "x" }), "request.invalid", "email");
      failed(await person.patch("/api/v1/users/me", { role: "owner" }), "request.invalid", "role");
    });

    test("PATCH 409: a name that is taken", async () => {
      const person = await management().member();
      failed(await person.patch("/api/v1/users/me", { username: "owner" }), "user.username_taken");
      const email = "owner@example.com";
      failed(await person.patch("/api/v1/users/me", { email }), "user.email_taken");
    });
  });

const changingPassword: Contract = (management) =>
  suite("POST /api/v1/users/me/password", () => {
    const path = "/api/v1/users/me/password";
    const newPassword = "another long password";

    test("200: the new password works, the old does not, and other sessions end", async () => {
      const { member, nobody, as } = management();
      const person = await member();
      const login = { login: person.tokens.user.username, password };
      const elsewhere = as(ok(await nobody.post("/api/v1/auth/login", login), Tokens));
      const change = { current_password: password, new_password: newPassword };
      ok(await person.post(path, change), z.null());

      ok(await person.get("/api/v1/users/me"), User);
      failed(await elsewhere.get("/api/v1/users/me"), "auth.session_revoked");
      failed(await nobody.post("/api/v1/auth/login", login), "auth.invalid_credentials");
      const again = { ...login, password: newPassword };
      ok(await nobody.post("/api/v1/auth/login", again), Tokens);
    });

    test("400: a new password that is too short", async () => {
      const change = { current_password: password, new_password: "short" };
      failed(
        await (await management().member()).post(path, change),
        "request.invalid",
        "new_password",
      );
    });

    test("401: a wrong current password", async () => {
      const change = { current_password: "wrong password", new_password: newPassword };
      failed(await (await management().member()).post(path, change), "auth.invalid_credentials");
    });
  });

const administering: Contract = (management) =>
  suite("/api/v1/users for owners and admins", () => {
    test("GET 200: pages, filtered by status and by part of a name", async () => {
      const { owner, member } = management();
      const [one, two] = [await member(), await member()];
      ok(await owner.post(`/api/v1/users/${one.id}/disable`), User);

      // Other tests have accounts here too.
      const get = async (query: string) => {
        const { items } = ok(await owner.get(`/api/v1/users?page_size=100&${query}`), UserPage);
        return [one, two].filter(({ id }) => items.some((user) => user.id === id));
      };
      assert.deepEqual(await get("status=disabled"), [one]);
      assert.deepEqual(await get(`search=${two.tokens.user.username}`), [two]);
      const page = ok(await owner.get("/api/v1/users?page=2&page_size=1"), UserPage);
      assert.deepEqual([page.items.length, page.page, page.page_size], [1, 2, 1]);
      assert.ok(page.total >= 3);
    });

    test("GET 200: one account", async () => {
      const { owner, member } = management();
      const person = await member();
      assert.deepEqual(ok(await owner.get(`/api/v1/users/${person.id}`), User), person.tokens.user);
    });

    test("PATCH 200: role and permissions, of which only the given parts change", async () => {
      const { owner, member } = management();
      const person = await member();
      const path = `/api/v1/users/${person.id}`;
      assert.equal(ok(await owner.patch(path, { role: "admin" }), User).role, "admin");
      const permissions = { models: { deny: ["gpt-5*"] } };
      const user = ok(await owner.patch(path, { permissions }), User);
      assert.equal(user.role, "admin");
      assert.deepEqual(user.permissions.models, { allow: ["*"], deny: ["gpt-5*"] });
      assert.deepEqual(user.permissions.endpoints, ["*"]);
      ok(await person.get("/api/v1/users"), UserPage);
    });

    test("PATCH 400: an unknown role, a wrong range and an unknown part", async () => {
      const { owner, member } = management();
      const path = `/api/v1/users/${(await member()).id}`;
      failed(await owner.patch(path, { role: "king" }), "request.invalid", "role");
      const ranges = { permissions: { ip_ranges: ["192.0.2.0/24", "10.0.0.0/99"] } };
      failed(await owner.patch(path, ranges), "request.invalid", "permissions.ip_ranges.1");
      const unknown = { permissions: { modles: {} } };
      failed(await owner.patch(path, unknown), "request.invalid", "permissions.modles");
    });

    test("PATCH 409 and disable 409: the last owner stays one", async () => {
      const { owner } = management();
      const path = `/api/v1/users/${owner.id}`;
      failed(await owner.patch(path, { role: "member" }), "user.last_owner");
      failed(await owner.post(`${path}/disable`), "user.last_owner");
    });

    test("disable 200: sessions end at once; enable 200: signing in works again", async () => {
      const { owner, member, nobody } = management();
      const person = await member();
      const disabled = ok(await owner.post(`/api/v1/users/${person.id}/disable`), User);
      assert.equal(disabled.status, "disabled");
      assert.ok([401, 403].includes((await person.get("/api/v1/users/me")).status));

      const enabled = ok(await owner.post(`/api/v1/users/${person.id}/enable`), User);
      assert.equal(enabled.status, "active");
      const login = { login: person.tokens.user.username, password };
      ok(await nobody.post("/api/v1/auth/login", login), Tokens);
    });
  });

export const users: readonly Contract[] = [me, changingPassword, administering];
