import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import { Tokens } from "../../api/types/auth.ts";
import { InvitePage, IssuedInvite } from "../../api/types/invites.ts";
import { failed, ok, password, useManagement } from "../support/management.ts";

suite("/api/v1/invites", () => {
  const management = useManagement({ user: { registration: "invite" } });
  const path = "/api/v1/invites";

  test("POST 201: open to any address and for a member unless told otherwise", async () => {
    const invite = ok(await management().owner.post(path, {}), IssuedInvite, 201);
    assert.deepEqual([invite.email, invite.role, invite.used_at], [null, "member", null]);
    assert.equal(invite.created_by, management().owner.id);
  });

  test("POST 201: lives as long as asked", async () => {
    const invite = { expires_in_seconds: 3600, email: null };
    const issued = ok(await management().owner.post(path, invite), IssuedInvite, 201);
    assert.equal(Date.parse(issued.expires_at) - Date.parse(issued.created_at), 3_600_000);
  });

  test("POST 400: wrong address, role or life", async () => {
    const { owner } = management();
    failed(await owner.post(path, { email: "x" }), "request.invalid", "email");
    failed(await owner.post(path, { role: "king" }), "request.invalid", "role");
    const life = { expires_in_seconds: 1.5 };
    failed(await owner.post(path, life), "request.invalid", "expires_in_seconds");
  });

  test("GET 200: lists them without their codes, and says which were used", async () => {
    const { owner, nobody } = management();
    const { code, id } = ok(await owner.post(path, {}), IssuedInvite, 201);
    const account = { username: "guest", email: "guest@example.com", password };
    await nobody.post("/api/v1/auth/register", { ...account, invite_code: code });
    const answer = await owner.get(`${path}?page_size=100`);
    assert.ok(!JSON.stringify(answer.json).includes(code));
    const listed = ok(answer, InvitePage).items.find((invite) => invite.id === id);
    assert.notEqual(listed?.used_at, null);
  });

  test("DELETE 200: the code is worth nothing any more", async () => {
    const { owner, nobody } = management();
    const { code, id } = ok(await owner.post(path, {}), IssuedInvite, 201);
    ok(await owner.delete(`${path}/${id}`), z.null());
    const account = { username: "late", email: "late@example.com", password, invite_code: code };
    const answer = await nobody.post("/api/v1/auth/register", account);
    failed(answer, "registration.invite_invalid");
    failed(await owner.delete(`${path}/${id}`), "resource.not_found");
  });
});

suite("POST /api/v1/auth/register by invitation", () => {
  const management = useManagement({ user: { registration: "invite" } });
  const account = { username: "guest", email: "guest@example.com", password };

  test("403 without an invitation and with a wrong one, 201 with a right one, once", async () => {
    const { nobody, owner } = management();
    const register = (changes: object) =>
      nobody.post("/api/v1/auth/register", { ...account, ...changes });
    failed(await register({}), "registration.invite_required");
    failed(await register({ invite_code: "wrong" }), "registration.invite_invalid");

    const invite = { email: "guest@example.com", role: "admin" };
    const { code } = ok(await owner.post("/api/v1/invites", invite), IssuedInvite, 201);
    assert.equal(ok(await register({ invite_code: code }), Tokens, 201).user.role, "admin");
    const other = { username: "other", email: "other@example.com", invite_code: code };
    failed(await register(other), "registration.invite_invalid");
  });
});
