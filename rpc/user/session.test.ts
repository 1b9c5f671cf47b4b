import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SessionResponse } from "../../gen/rpc/user/user_pb.ts";
import { databases } from "../../test/support/databases.ts";
import {
  actorOf,
  call,
  login,
  outcome,
  password,
  register,
  startUserService,
  type TestUserService,
  userOf,
} from "../../test/support/user-service.ts";

const graceMs = 10_000;
const day = 86_400_000;

for (const engine of databases()) {
  describe(`sessions on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    let owner: SessionResponse;
    before(async () => {
      service = await startUserService(engine, { sessionsPerUserMax: 3 });
      owner = await register(service.client, "owner");
    });
    after(() => service?.close());

    const refresh = (refreshToken: string, client = service.client) =>
      client.refresh({ refreshToken }, call);
    const authenticate = (accessToken: string) =>
      outcome(service.client.authenticate({ accessToken }, call));

    test("a refresh gives new tokens for the same session, as often as asked in order", async () => {
      let session = await register(service.client, "ann");
      const seen = new Set([session.refreshToken]);
      for (let n = 0; n < 5; n++) {
        service.advance(graceMs + 1);
        const next = await refresh(session.refreshToken);
        assert.equal(next.sessionId, session.sessionId);
        assert.equal(await authenticate(next.accessToken), "ok");
        session = next;
        seen.add(next.refreshToken);
      }
      assert.equal(seen.size, 6);
      assert.equal(session.refreshExpiresAtMs, service.parts.now() + 30 * day);
    });

    test("of refreshes that race on two replicas one rotates and all hold the same next token", async () => {
      const session = await register(service.client, "bob");
      const other = await service.replica();
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          refresh(session.refreshToken, n % 2 ? other : service.client),
        ),
      );
      const tokens = new Set(all.map((one) => one.refreshToken));
      assert.equal(tokens.size, 1);
      assert.equal(tokens.has(session.refreshToken), false);
      for (const one of all) assert.equal(await authenticate(one.accessToken), "ok");
      service.advance(graceMs + 1);
      const [next = ""] = tokens;
      assert.equal(await outcome(refresh(next)), "ok");
    });

    test("within the grace a spent token gets what is current, however often that was rotated", async () => {
      const session = await register(service.client, "cid");
      const second = await refresh(session.refreshToken);
      const third = await refresh(second.refreshToken);
      service.advance(graceMs);
      assert.equal((await refresh(session.refreshToken)).refreshToken, third.refreshToken);
      assert.equal((await refresh(second.refreshToken)).refreshToken, third.refreshToken);
    });

    test("after the grace a spent token ends its session at once, and only that one", async () => {
      const session = await register(service.client, "dan");
      const elsewhere = await login(service.client, "dan");
      const next = await refresh(session.refreshToken);
      service.advance(graceMs + 1);
      assert.equal(await outcome(refresh(session.refreshToken)), "auth.session_revoked");
      assert.equal(await authenticate(next.accessToken), "auth.session_revoked");
      assert.equal(await outcome(refresh(next.refreshToken)), "auth.session_revoked");
      assert.equal(await authenticate(elsewhere.accessToken), "ok");
      assert.ok(service.logged.some((line) => line.includes("used again")));
    });

    test("a made-up or altered refresh token is refused and harms no session", async () => {
      const session = await register(service.client, "eve");
      const { refreshToken } = session;
      const forged = [
        "",
        "rt-ar-",
        "x".repeat(1_000),
        `${refreshToken}A`,
        refreshToken.slice(0, -1),
        `${refreshToken.slice(0, 40)}${refreshToken[40] === "A" ? "B" : "A"}${refreshToken.slice(41)}`,
        session.accessToken,
      ];
      for (const token of forged) {
        assert.equal(await outcome(refresh(token)), "auth.token_invalid", token);
      }
      assert.equal(await outcome(refresh(refreshToken)), "ok");
    });

    test("a session ends when it is not used, and after its longest life in any case", async () => {
      const unused = await register(service.client, "fay");
      service.advance(30 * day);
      assert.equal(await outcome(refresh(unused.refreshToken)), "auth.session_revoked");
      let used = await login(service.client, "fay");
      for (let days = 0; days < 80; days += 20) {
        service.advance(20 * day);
        used = await refresh(used.refreshToken);
      }
      service.advance(10 * day);
      assert.equal(await outcome(refresh(used.refreshToken)), "auth.session_revoked");
      owner = await login(service.client, "owner");
    });

    test("logout ends the session at once, for both of its tokens, and only that one", async () => {
      const session = await register(service.client, "harry");
      const elsewhere = await login(service.client, "harry");
      const { sessionId } = session;
      const stranger = { userId: userOf(owner).id, sessionId };
      await service.client.logout(stranger, call);
      assert.equal(await authenticate(session.accessToken), "ok");
      await service.client.logout({ userId: userOf(session).id, sessionId }, call);
      assert.equal(await authenticate(session.accessToken), "auth.session_revoked");
      assert.equal(await outcome(refresh(session.refreshToken)), "auth.session_revoked");
      assert.equal(await authenticate(elsewhere.accessToken), "ok");
    });

    test("a user sees and revokes its own sessions, and nobody else's", async () => {
      const { client } = service;
      const session = await register(client, "iris");
      service.advance(1_000);
      const agent = { ip: "203.0.113.9", userAgent: "curl/8\0\n" };
      const second = await login(client, "iris", { origin: agent });
      const userId = userOf(session).id;
      const { sessions } = await client.listSessions({ userId }, call);
      assert.deepEqual(
        sessions.map((one) => [one.id, one.ip, one.userAgent]),
        [
          [second.sessionId, "203.0.113.9", "curl/8  "],
          [session.sessionId, "192.0.2.1", "test"],
        ],
      );
      const revoke = (user: string, sessionId: string) =>
        outcome(client.revokeSession({ userId: user, sessionId }, call));
      assert.equal(await revoke(userOf(owner).id, second.sessionId), "resource.not_found");
      assert.equal(await revoke(userId, "nonsense\0"), "resource.not_found");
      assert.equal(await authenticate(second.accessToken), "ok");
      assert.equal(await revoke(userId, second.sessionId), "ok");
      assert.equal(await authenticate(second.accessToken), "auth.session_revoked");
      assert.equal(await revoke(userId, second.sessionId), "resource.not_found");
    });

    test("one session too many ends the one unused for longest", async () => {
      const sessions = [await register(service.client, "jack")];
      for (let n = 0; n < 3; n++) {
        service.advance(1_000);
        sessions.push(await login(service.client, "jack"));
      }
      const outcomes = await Promise.all(sessions.map((one) => authenticate(one.accessToken)));
      assert.deepEqual(outcomes, ["auth.session_revoked", "ok", "ok", "ok"]);
    });

    test("a new password ends every other session at once and the old password with them", async () => {
      const { client } = service;
      const session = await register(client, "kim");
      const elsewhere = await login(client, "kim");
      const change = (currentPassword: string, newPassword: string) =>
        client.changePassword(
          {
            userId: userOf(session).id,
            sessionId: session.sessionId,
            currentPassword,
            newPassword,
          },
          call,
        );
      assert.equal(
        await outcome(change("not my password", "new password")),
        "auth.invalid_credentials",
      );
      assert.equal(await outcome(change(password, "short")), "request.invalid");
      assert.equal(await authenticate(elsewhere.accessToken), "ok");
      await change(password, "new password");
      assert.equal(await authenticate(session.accessToken), "ok");
      assert.equal(await authenticate(elsewhere.accessToken), "auth.session_revoked");
      assert.equal(await outcome(refresh(elsewhere.refreshToken)), "auth.session_revoked");
      assert.equal(await outcome(login(client, "kim")), "auth.invalid_credentials");
      assert.equal(await outcome(login(client, "kim", { password: "new password" })), "ok");
    });

    test("a sign-in that races a new password never leaves a session of the old one", async () => {
      const session = await register(service.client, "lea");
      const { id } = userOf(session);
      const change = service.client.changePassword(
        {
          userId: id,
          sessionId: session.sessionId,
          currentPassword: password,
          newPassword: "new password",
        },
        call,
      );
      const logins = await Promise.allSettled([1, 2].map(() => login(service.client, "lea")));
      await change;
      for (const one of logins) {
        if (one.status === "rejected") continue;
        assert.equal(await authenticate(one.value.accessToken), "auth.session_revoked");
      }
      const { sessions } = await service.client.listSessions({ userId: id }, call);
      assert.deepEqual(
        sessions.map((one) => one.id),
        [session.sessionId],
      );
    });

    test("disabling a user ends its sessions at once, and enabling brings none back", async () => {
      const session = await register(service.client, "max");
      const setStatus = (status: string) =>
        service.client.setUserStatus(
          { actor: actorOf(owner), id: userOf(session).id, status },
          call,
        );
      await setStatus("disabled");
      assert.equal(await authenticate(session.accessToken), "auth.session_revoked");
      assert.equal(await outcome(refresh(session.refreshToken)), "auth.session_revoked");
      await setStatus("active");
      assert.equal(await authenticate(session.accessToken), "auth.session_revoked");
      assert.equal(await outcome(login(service.client, "max")), "ok");
    });
  });
}
