import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SessionResponse } from "../../gen/rpc/user/user_pb.ts";
import { databases } from "../../test/support/databases.ts";
import {
  actorOf,
  call,
  outcome,
  register,
  startUserService,
  type TestUserService,
  userOf,
} from "../../test/support/user-service.ts";

for (const engine of databases()) {
  describe(`invitations on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    let owner: SessionResponse;
    before(async () => {
      service = await startUserService(engine, { registration: "invite", openInvitesMax: 12 });
      owner = await register(service.client, "owner");
    });
    after(() => service?.close());

    const invite = (
      change: { email?: string; role?: string; expiresInSeconds?: number } = {},
      by = owner,
    ) => service.client.createInvite({ actor: actorOf(by), ...change }, call);
    const join = (username: string, inviteCode: string) =>
      register(service.client, username, { inviteCode });

    test("an invitation lets exactly one account in, with the role that it gives", async () => {
      const { code, invite: made } = await invite({ role: "admin" });
      const racing = await Promise.all(
        ["ann", "bob", "cid"].map((name) => outcome(join(name, code))),
      );
      assert.deepEqual(racing.sort(), [
        "ok",
        "registration.invite_invalid",
        "registration.invite_invalid",
      ]);
      assert.equal(await outcome(join("dan", code)), "registration.invite_invalid");
      const { invites } = await service.client.listInvites({ actor: actorOf(owner) }, call);
      const used = invites.find((one) => one.id === made?.id);
      assert.equal(used?.usedAtMs, service.parts.now());
      const { users } = await service.client.listUsers({ actor: actorOf(owner) }, call);
      assert.deepEqual(users.map((user) => user.role).sort(), ["admin", "owner"]);
    });

    test("a registration that fails does not use the invitation up", async () => {
      const { code } = await invite();
      const taken = { inviteCode: code, email: "eve@example.com" };
      assert.equal(await outcome(register(service.client, "owner", taken)), "user.username_taken");
      assert.equal(await outcome(join("eve", code)), "ok");
    });

    test("without, with a made-up, an expired or a deleted invitation nobody registers", async () => {
      assert.equal(await outcome(join("fay", "")), "registration.invite_required");
      assert.equal(await outcome(join("fay", "inv-ar-guess")), "registration.invite_invalid");
      const expiring = await invite({ expiresInSeconds: 60 });
      const deleted = await invite();
      const id = deleted.invite?.id ?? "";
      await service.client.deleteInvite({ actor: actorOf(owner), id }, call);
      assert.equal(await outcome(join("fay", deleted.code)), "registration.invite_invalid");
      service.advance(60_000);
      assert.equal(await outcome(join("fay", expiring.code)), "registration.invite_invalid");
      const again = service.client.deleteInvite({ actor: actorOf(owner), id }, call);
      assert.equal(await outcome(again), "resource.not_found");
    });

    test("an invitation for one address is worth nothing to another", async () => {
      const { code } = await invite({ email: "Gil@Example.com" });
      assert.equal(await outcome(join("mallory", code)), "registration.invite_invalid");
      assert.equal(await outcome(join("gil", code)), "ok");
    });

    test("an admin invites no owners, a member nobody", async () => {
      const admin = await join("harry", (await invite({ role: "admin" })).code);
      const member = await join("iris", (await invite({}, admin)).code);
      assert.equal(await outcome(invite({ role: "owner" }, admin)), "auth.forbidden");
      assert.equal(await outcome(invite({}, member)), "auth.forbidden");
      const { client } = service;
      assert.equal(
        await outcome(client.listInvites({ actor: actorOf(member) }, call)),
        "auth.forbidden",
      );
      const forOwner = (await invite({ role: "owner" })).invite?.id ?? "";
      for (const by of [admin, member]) {
        const deletion = client.deleteInvite({ actor: actorOf(by), id: forOwner }, call);
        assert.equal(await outcome(deletion), "auth.forbidden");
      }
      await client.deleteInvite({ actor: actorOf(owner), id: forOwner }, call);
    });

    test("an invitation ends with its creator's right to give it", async () => {
      const admin = await join("jack", (await invite({ role: "admin" })).code);
      const [first, second] = [await invite({ role: "admin" }, admin), await invite({}, admin)];
      const actor = actorOf(owner);
      const id = userOf(admin).id;
      await service.client.setUserAccess({ actor, id, role: "member" }, call);
      assert.equal(await outcome(join("kim", first.code)), "registration.invite_invalid");
      await service.client.setUserStatus({ actor, id, status: "disabled" }, call);
      assert.equal(await outcome(join("kim", second.code)), "registration.invite_invalid");
    });

    test("what an invitation cannot be is refused, and too many open ones are", async () => {
      assert.equal(await outcome(invite({ role: "king" })), "request.invalid");
      assert.equal(await outcome(invite({ email: "nowhere" })), "request.invalid");
      assert.equal(await outcome(invite({ expiresInSeconds: -1 })), "request.invalid");
      assert.equal(await outcome(invite({ expiresInSeconds: 1e12 })), "request.invalid");
      const outcomes = [];
      for (let n = 0; n < 13; n++) outcomes.push(await outcome(invite()));
      assert.equal(outcomes.at(-1), "request.too_many");
    });
  });
}
