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

const from = (ip: string) => ({ origin: { ip, userAgent: "test" } });
/** The same letters as Unicode has them for East Asian type. */
const wide = (name: string) =>
  name.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
const wrong = { password: "wrong password" };

for (const engine of databases()) {
  describe(`signing in on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    let owner: SessionResponse;
    before(async () => {
      service = await startUserService(engine);
      owner = await register(service.client, "owner");
    });
    after(() => service?.close());

    test("username and address both sign in, in any case", async () => {
      await register(service.client, "Ann");
      for (const name of ["Ann", "ANN", " ann ", "ann@example.com", "Ann@Example.COM"]) {
        const session = await login(service.client, name);
        assert.equal(userOf(session).username, "Ann");
        const seen = await service.client.authenticate({ accessToken: session.accessToken }, call);
        assert.equal(seen.user?.username, "Ann");
      }
    });

    test("an unknown name and a wrong password get the same answer", async () => {
      await register(service.client, "bob");
      const answer = (name: string) =>
        login(service.client, name, wrong).then(
          () => assert.fail("signed in"),
          (error) => ({ ...error, message: error.message, stack: undefined }),
        );
      assert.deepEqual(await answer("bob"), await answer("nobody"));
      assert.equal((await answer("nobody@example.com")).code, "auth.invalid_credentials");
    });

    test("what no account can be called or keyed with is refused like a wrong password", async () => {
      for (const name of ["", "a\0b", "x".repeat(5_000), "' or 1=1 --"]) {
        assert.equal(await outcome(login(service.client, name)), "auth.invalid_credentials");
      }
      for (const bad of ["", "short", "x".repeat(100_000), "\0".repeat(8)]) {
        const attempt = login(service.client, "owner", { password: bad });
        assert.equal(await outcome(attempt), "auth.invalid_credentials");
      }
    });

    test("a disabled user learns so only with the right password", async () => {
      const { id } = userOf(await register(service.client, "cid"));
      await service.client.setUserStatus({ actor: actorOf(owner), id, status: "disabled" }, call);
      assert.equal(await outcome(login(service.client, "cid")), "auth.user_disabled");
      assert.equal(await outcome(login(service.client, "cid", wrong)), "auth.invalid_credentials");
    });

    test("a password hashed at another cost is hashed anew at sign-in and stays right", async () => {
      await register(service.client, "dan");
      const dearer = await service.replica({ config: { hashing: { bcryptCost: 5 } } });
      await login(dearer, "dan");
      const user = await service.context.stores.users.findByLogin("dan");
      assert.match(user?.passwordHash ?? "", /^\$2b\$05\$/);
      assert.equal(await outcome(login(dearer, "dan")), "ok");
      assert.equal(await outcome(login(dearer, "dan", wrong)), "auth.invalid_credentials");
    });
  });

  describe(`guessing passwords on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    before(async () => {
      service = await startUserService(engine, {
        loginBackoff: {
          accountFromAddress: { freeFailures: 3, delaySecondsMax: 60 },
          address: { freeFailures: 8 },
          account: { freeFailures: 10 },
        },
      });
      await register(service.client, "owner");
    });
    after(() => service?.close());

    const tryLogin = (name: string, ip: string, guess = wrong.password) =>
      login(service.client, name, { ...from(ip), password: guess }).then(
        () => "ok",
        (error) => error.retryAfterSeconds ?? error.code,
      );
    const fail = async (name: string, ip: string, times: number) => {
      for (let n = 0; n < times; n++) {
        assert.equal(await tryLogin(name, ip), "auth.invalid_credentials");
      }
    };

    test("after the free failures each one doubles the wait, for the right password too", async () => {
      await register(service.client, "ann");
      await fail("ann", "198.51.100.1", 4);
      assert.equal(await tryLogin("ann", "198.51.100.1", password), 1);
      service.advance(1_000);
      await fail("ann", "198.51.100.1", 1);
      assert.equal(await tryLogin("ANN", "198.51.100.1", password), 2);
      service.advance(2_000);
      assert.equal(await tryLogin("ann", "198.51.100.1", password), "ok");
      await fail("ann", "198.51.100.1", 4);
    });

    test("an unknown name is slowed down just the same", async () => {
      await fail("nobody", "198.51.100.2", 4);
      assert.equal(await tryLogin("nobody", "198.51.100.2"), 1);
    });

    test("no wait tells whether a name has an account", async () => {
      await register(service.client, "flo");
      const waits = async (name: string) => {
        await fail(name, "198.51.100.77", 4);
        const others = [name, ` ${name.toUpperCase()}`, `${name}@example.com`, wide(name)];
        const outcomes: unknown[] = [];
        for (const other of others) outcomes.push(await tryLogin(other, "198.51.100.77"));
        return outcomes;
      };
      const known = await waits("flo");
      service.advance(3_600_000);
      assert.deepEqual(await waits("nobody-else"), known);
    });

    test("signing in from one address lets no other address guess on", async () => {
      await register(service.client, "bob");
      await fail("bob", "198.51.100.3", 4);
      assert.equal(await tryLogin("bob", "198.51.100.4", password), "ok");
      assert.equal(await tryLogin("bob", "198.51.100.3"), 1);
    });

    test("one address that guesses at many names is slowed down for all of them", async () => {
      for (let n = 0; n < 9; n++) await fail(`name-${n}`, "2001:db8:0:7::1", 1);
      assert.equal(await tryLogin("name-x", "2001:db8:0:7:ffff::2"), 1);
      assert.equal(await tryLogin("name-x", "2001:db8:0:8::1"), "auth.invalid_credentials");
    });

    test("many addresses that guess at one account are slowed down together", async () => {
      await register(service.client, "cid");
      for (let n = 0; n < 11; n++) await fail("cid", `203.0.113.${n}`, 1);
      assert.equal(await tryLogin("cid", "203.0.113.99"), 1);
    });

    test("guesses at the same moment on two replicas are counted one by one", async () => {
      await register(service.client, "dan");
      const other = await service.replica();
      const guesses = Array.from({ length: 20 }, (_, n) =>
        outcome(login(n % 2 ? other : service.client, "dan", { ...wrong, ...from("192.0.2.50") })),
      );
      const outcomes = (await Promise.all(guesses)).sort();
      const checked = outcomes.filter((one) => one === "auth.invalid_credentials");
      assert.equal(checked.length, 4);
      assert.equal(outcomes.at(-1), "auth.too_many_attempts");
    });

    test("failures are forgotten after an hour of quiet", async () => {
      await register(service.client, "eve");
      await fail("eve", "198.51.100.5", 4);
      service.advance(3_600_000);
      await fail("eve", "198.51.100.5", 4);
    });

    test("changing a password is no way around: guesses at the current one are slowed down", async () => {
      const session = await register(service.client, "fay");
      const change = (currentPassword: string) =>
        outcome(
          service.client.changePassword(
            {
              userId: userOf(session).id,
              sessionId: session.sessionId,
              currentPassword,
              newPassword: "another password",
            },
            call,
          ),
        );
      for (let n = 0; n < 4; n++) {
        assert.equal(await change("guess number"), "auth.invalid_credentials");
      }
      assert.equal(await change(password), "auth.too_many_attempts");
    });
  });
}

describe("hashing passwords", () => {
  const [sqlite] = databases();

  test("an unknown name takes as long as a wrong password", async (t) => {
    const service = await startUserService(sqlite!, { hashing: { bcryptCost: 9 } });
    t.after(() => service.close());
    await register(service.client, "ann");
    const measure = async (name: string, ip: string) => {
      const startedAt = performance.now();
      await outcome(login(service.client, name, { ...wrong, ...from(ip) }));
      return performance.now() - startedAt;
    };
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let n = 0; n < 9; n++) {
      known.push(await measure("ann", `192.0.2.${n}`));
      unknown.push(await measure(`nobody-${n}`, `192.0.2.${100 + n}`));
    }
    const median = (times: number[]) => times.toSorted((a, b) => a - b)[4] ?? 0;
    const ratio = median(known) / median(unknown);
    assert.ok(ratio > 0.5 && ratio < 2, `known / unknown = ${ratio.toFixed(2)}`);
  });

  test("more sign-ins than the queue holds are refused at once, and count as no failure", async (t) => {
    const service = await startUserService(sqlite!, {
      hashing: { bcryptCost: 8, concurrency: 1, waitingMax: 2 },
      loginBackoff: { accountFromAddress: { freeFailures: 100 } },
    });
    t.after(() => service.close());
    await register(service.client, "ann");
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, () => outcome(login(service.client, "ann"))),
    );
    assert.ok(outcomes.includes("ok"));
    assert.deepEqual([...new Set(outcomes)].sort(), ["ok", "service.overloaded"]);
    assert.equal(await outcome(login(service.client, "ann")), "ok");
  });

  test("a caller that has gone does not have its password hashed", async (t) => {
    const service = await startUserService(sqlite!);
    t.after(() => service.close());
    await register(service.client, "ann");
    const gone = { ...call, signal: AbortSignal.abort() };
    const attempt = service.client.login({ login: "ann", password }, gone);
    assert.equal(await outcome(attempt), "request.cancelled");
  });

  test("a cost that is fit for tests only is warned of at the start", async (t) => {
    const cheap = await startUserService(sqlite!);
    t.after(() => cheap.close());
    assert.ok(cheap.logged.some((line) => line.includes("hashed too cheaply")));
    const proper = await startUserService(sqlite!, { hashing: {} });
    t.after(() => proper.close());
    assert.equal(
      proper.logged.some((line) => line.includes("hashed too cheaply")),
      false,
    );
  });
});
