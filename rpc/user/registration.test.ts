import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { databases } from "../../test/support/databases.ts";
import {
  actorOf,
  call,
  outcome,
  password,
  register,
  startUserService,
  type TestUserService,
  userOf,
} from "../../test/support/user-service.ts";

for (const engine of databases()) {
  describe(`registration on ${engine.name}`, engine.options, () => {
    test("the first account becomes owner, the next one a member who may do everything", async (t) => {
      const service = await startUserService(engine);
      t.after(() => service.close());
      const owner = await register(service.client, "ann");
      assert.equal(userOf(owner).role, "owner");
      const member = userOf(await register(service.client, "bob"));
      assert.equal(member.role, "member");
      assert.equal(member.status, "active");
      assert.deepEqual(member.permissions?.endpoints, ["*"]);
      assert.deepEqual(member.permissions?.models?.allow, ["*"]);
      const seen = await service.client.authenticate({ accessToken: owner.accessToken }, call);
      assert.equal(seen.user?.id, userOf(owner).id);
      assert.equal(seen.sessionId, owner.sessionId);
    });

    test("of many that register first at the same moment, on two replicas, one becomes owner", async (t) => {
      const service = await startUserService(engine);
      t.after(() => service.close());
      const other = await service.replica();
      const names = ["ann", "bob", "cid", "dan", "eve", "fay"];
      const all = await Promise.all(
        names.map((name, index) => register(index % 2 ? other : service.client, name)),
      );
      const roles = all.map((session) => userOf(session).role).sort();
      assert.deepEqual(roles, [...Array(5).fill("member"), "owner"]);
    });

    test("by invitation, whoever loses the race for the first account needs an invitation", async (t) => {
      const service = await startUserService(engine, { registration: "invite" });
      t.after(() => service.close());
      const outcomes = await Promise.all(
        ["ann", "bob"].map((name) => outcome(register(service.client, name))),
      );
      assert.deepEqual(outcomes.sort(), ["ok", "registration.invite_required"]);
    });

    test("from beyond loopback the first account needs the setup token, the same on every replica", async (t) => {
      const service = await startUserService(engine);
      t.after(() => service.close());
      const remote = (setupToken: string) =>
        outcome(register(service.client, "ann", { loopbackListener: false, setupToken }));
      const { setupToken } = service.context;
      assert.match(setupToken ?? "", /^setup-ar-.{20,}/);
      for (const wrong of ["", "setup-ar-guess", `${setupToken}x`]) {
        assert.equal(await remote(wrong), "registration.setup_token_required");
      }
      const other = await service.replica();
      assert.equal(
        await outcome(
          register(other, "ann", { loopbackListener: false, setupToken: setupToken ?? "" }),
        ),
        "ok",
      );
    });

    test("a closed registration still lets the first account in, and nobody after it", async (t) => {
      const service = await startUserService(engine, { registration: "closed" });
      t.after(() => service.close());
      const owner = await register(service.client, "ann");
      assert.equal(await outcome(register(service.client, "bob")), "registration.closed");
      const invite = service.client.createInvite({ actor: actorOf(owner) }, call);
      assert.equal(await outcome(invite), "registration.closed");
    });
  });

  describe(`accounts on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    before(async () => {
      service = await startUserService(engine);
      await register(service.client, "owner");
    });
    after(() => service?.close());

    test("a username and an address are taken in any case, also in a race", async () => {
      const { client } = service;
      await register(client, "Grace");
      assert.equal(
        await outcome(register(client, "gRACE", { email: "other@example.com" })),
        "user.username_taken",
      );
      assert.equal(
        await outcome(register(client, "grace2", { email: " GRACE@Example.COM " })),
        "user.email_taken",
      );
      const racing = await Promise.all(
        [1, 2, 3].map((n) => outcome(register(client, "heidi", { email: `h${n}@example.com` }))),
      );
      assert.deepEqual(racing.sort(), ["ok", "user.username_taken", "user.username_taken"]);
    });

    test("what cannot be a username, an address or a password is refused by field", async () => {
      const fields = (change: Parameters<typeof register>[2]) =>
        register(service.client, "ivan", change).then(
          () => [],
          (error) => error.details.map((detail: { field: string }) => detail.field),
        );
      for (const username of [
        "",
        "ab",
        "a".repeat(33),
        "-ab",
        "a b c",
        "ann@x",
        "ännchen",
        "a\0b",
      ]) {
        assert.deepEqual(await fields({ username }), ["username"], username);
      }
      for (const email of ["", "x", "x@y", "a b@c.de", "a@b@c.de", "x@-c.de", "a\0@b.cd"]) {
        assert.deepEqual(await fields({ email }), ["email"], email);
      }
      for (const short of ["", "seven77", "x".repeat(129), "\u{1F600}".repeat(7)]) {
        assert.deepEqual(await fields({ password: short }), ["password"], short);
      }
      assert.deepEqual(await fields({ username: "", email: "", password: "" }), [
        "username",
        "email",
        "password",
      ]);
    });

    test("a profile changes its names, never to taken ones", async () => {
      const { client } = service;
      const { id } = userOf(await register(client, "judy"));
      await register(client, "kate");
      const changed = await client.updateProfile({ userId: id, username: "Judith" }, call);
      assert.deepEqual([changed.username, changed.email], ["Judith", "judy@example.com"]);
      assert.equal(
        await outcome(client.updateProfile({ userId: id, username: "KATE" }, call)),
        "user.username_taken",
      );
      assert.equal(
        await outcome(client.updateProfile({ userId: id, email: "kate@EXAMPLE.com" }, call)),
        "user.email_taken",
      );
      assert.equal(
        await outcome(client.updateProfile({ userId: id, email: "nowhere" }, call)),
        "request.invalid",
      );
      const got = await client.getUser({ id }, call);
      assert.equal(got.username, "Judith");
      for (const unknown of ["", "x\0", crypto.randomUUID()]) {
        assert.equal(await outcome(client.getUser({ id: unknown }, call)), "resource.not_found");
      }
      const stranger = { userId: crypto.randomUUID(), username: "stranger" };
      assert.equal(await outcome(client.updateProfile(stranger, call)), "resource.not_found");
    });

    test("a password of 128 characters counts to its last one, past bcrypt's 72 bytes", async () => {
      const long = "p".repeat(127);
      await register(service.client, "laura", { password: `${long}1` });
      const login = (given: string) =>
        outcome(service.client.login({ login: "laura", password: given }, call));
      assert.equal(await login(`${long}2`), "auth.invalid_credentials");
      assert.equal(await login(`${long}1`), "ok");
      assert.equal(await login(password), "auth.invalid_credentials");
    });
  });
}
