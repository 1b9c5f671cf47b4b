import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { databases } from "../../test/support/databases.ts";
import {
  actorOf,
  call,
  login,
  outcome,
  register,
  startUserService,
} from "../../test/support/user-service.ts";

for (const engine of databases()) {
  describe(`secrets of the user service on ${engine.name}`, engine.options, () => {
    test("replicas that start first at the same moment share one signing key, and keep it", async (t) => {
      const service = await startUserService(engine);
      t.after(() => service.close());
      const others = await Promise.all([1, 2, 3].map(() => service.replica()));
      const sets = await Promise.all(
        [service.client, ...others].map(async (client) => (await client.getJwks({}, call)).jwks),
      );
      assert.equal(new Set(sets).size, 1);
      const [first, second] = others;
      const session = await register(first!, "ann");
      const seen = await second!.authenticate({ accessToken: session.accessToken }, call);
      assert.equal(seen.user?.username, "ann");
    });

    test("with another master key the service does not start, and says why", async (t) => {
      const service = await startUserService(engine);
      t.after(() => service.close());
      const secrets = { ...service.parts.secrets, masterKey: randomBytes(32) };
      await assert.rejects(service.replica({ parts: { secrets } }), /master key is another/);
    });

    test("with another pepper no password is right", async (t) => {
      const service = await startUserService(engine);
      t.after(() => service.close());
      await register(service.client, "ann");
      const secrets = { ...service.parts.secrets, passwordPepper: randomBytes(32) };
      const stranger = await service.replica({ parts: { secrets } });
      assert.equal(await outcome(login(stranger, "ann")), "auth.invalid_credentials");
      assert.equal(await outcome(login(service.client, "ann")), "ok");
    });
  });
}

test("no password, token or code is in the database files or in the log", async (t) => {
  const [sqlite] = databases();
  const service = await startUserService(sqlite!, { registration: "invite" });
  t.after(() => service.close());
  const { client, context } = service;
  const canary = "canary password 4711";
  const owner = await register(client, "ann", { password: canary });
  const { code } = await client.createInvite({ actor: actorOf(owner) }, call);
  const next = await client.refresh({ refreshToken: owner.refreshToken }, call);
  await outcome(login(client, "canary typed as name"));
  await outcome(login(client, "ann", { password: "canary wrong 4712" }));
  await outcome(register(client, "bob", { inviteCode: "inv-ar-canary" }));
  service.advance(60_000);
  await outcome(client.refresh({ refreshToken: owner.refreshToken }, call));

  const folder = dirname(service.home.file ?? "");
  const files = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), "latin1")),
  );
  const everything = files.join("\n") + service.logged.join("\n");
  assert.ok(everything.includes("ann@example.com"), "the search looks at the right files");
  for (const secret of [
    canary,
    code,
    "canary typed as name",
    "canary wrong 4712",
    "inv-ar-canary",
    context.setupToken ?? "",
    ...[owner, next].flatMap((session) => [session.refreshToken, session.accessToken]),
    Buffer.from(service.parts.secrets.masterKey).toString("latin1"),
    Buffer.from(service.parts.secrets.passwordPepper).toString("latin1"),
  ]) {
    assert.ok(secret.length > 8);
    assert.equal(everything.includes(secret), false, secret);
  }
});

test("what has expired is deleted in the course of time", { timeout: 5_000 }, async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const [sqlite] = databases();
  const service = await startUserService(sqlite!, { purgeIntervalSeconds: 60 });
  t.after(() => service.close());
  const session = await register(service.client, "ann");
  const { sessions } = service.context.stores;
  t.mock.timers.tick(60_000);
  await outcome(login(service.client, "ann"));
  assert.ok(await sessions.find(session.sessionId));
  service.advance(91 * 86_400_000);
  t.mock.timers.tick(60_000);
  while (await sessions.find(session.sessionId)) await setImmediate();
});
