import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const actor = { userId: "ann", role: "member" };

for (const engine of databases()) {
  describe(`rotating keys on ${engine.name}`, engine.options, () => {
    const fixture = useApiKeys(engine);
    const rotate = async (id: string, graceSeconds = 0, replica: 0 | 1 = 0) => {
      const { client } = fixture().replicas[replica];
      return client.rotateApiKey({ actor, id, graceSeconds }, call);
    };
    const verdicts = async (...secrets: string[]) => {
      const answers = await Promise.all(
        secrets.map((secret) => fixture().replicas[1].validate(secret)),
      );
      return answers.map(({ verdict }) => verdict);
    };

    test("without a grace the old secret is dead when the rotation is acknowledged", async () => {
      const { id, secret } = await fixture().replicas[0].issue(actor);
      const rotated = await rotate(id);
      assert.deepEqual(await verdicts(secret, rotated.secret), ["rotated", "ok"]);
      assert.equal(rotated.key?.id, id);
      assert.equal(rotated.secret.endsWith(rotated.key.lastFour), true);
      const { key } = await fixture().replicas[1].validate(secret);
      assert.equal(key?.lastFour, rotated.key.lastFour);
    });

    test("a secret without grace is dead also to a replica whose clock is behind", async () => {
      const { replicas, clock } = fixture();
      const { id, secret } = await replicas[0].issue(actor);
      const inGrace = await rotate(id, 60);
      const current = await rotate(id, 60);
      await rotate(id);
      clock.nowMs -= 10_000;
      assert.deepEqual(await verdicts(secret, inGrace.secret, current.secret), [
        "rotated",
        "rotated",
        "rotated",
      ]);
    });

    test("the old secret works to the end of its grace and not a millisecond longer", async () => {
      const { replicas, clock } = fixture();
      const { id, secret } = await replicas[0].issue(actor);
      const rotated = await rotate(id, 60);
      const graceEndsAtMs = clock.nowMs + 60_000;
      assert.equal((await replicas[1].validate(secret)).validUntilMs, graceEndsAtMs);
      assert.equal((await replicas[1].validate(rotated.secret)).validUntilMs, undefined);
      clock.nowMs = graceEndsAtMs - 1;
      assert.deepEqual(await verdicts(secret, rotated.secret), ["ok", "ok"]);
      clock.nowMs = graceEndsAtMs;
      assert.deepEqual(await verdicts(secret, rotated.secret), ["rotated", "ok"]);
    });

    test("a secret in its grace ends with its key when that expires first", async () => {
      const { replicas, clock } = fixture();
      const expiresAtMs = clock.nowMs + 1_000;
      const { id, secret } = await replicas[0].issue({ ...actor, expiresAtMs });
      await rotate(id, 60);
      assert.equal((await replicas[1].validate(secret)).validUntilMs, expiresAtMs);
      clock.nowMs = expiresAtMs;
      assert.deepEqual(await verdicts(secret), ["expired"]);
    });

    test("rotating again ends the earlier grace at once", async () => {
      const first = await fixture().replicas[0].issue(actor);
      const second = await rotate(first.id, 60);
      const third = await rotate(first.id, 60);
      assert.deepEqual(await verdicts(first.secret, second.secret, third.secret), [
        "rotated",
        "ok",
        "ok",
      ]);
      const fourth = await rotate(first.id);
      assert.deepEqual(await verdicts(second.secret, third.secret, fourth.secret), [
        "rotated",
        "rotated",
        "ok",
      ]);
    });

    test("of rotations that race on two replicas exactly one leaves a working secret", async () => {
      const { id, secret } = await fixture().replicas[0].issue(actor);
      const racing = Array.from({ length: 8 }, (_, index) => rotate(id, 0, index % 2 ? 1 : 0));
      const secrets = (await Promise.all(racing)).map((answer) => answer.secret);
      const found = await verdicts(secret, ...secrets);
      assert.equal(found.filter((verdict) => verdict === "ok").length, 1);
      assert.equal(found.filter((verdict) => verdict === "rotated").length, 8);
      const shown = await fixture().replicas[0].client.getApiKey({ actor, id }, call);
      const working = secrets[found.indexOf("ok") - 1];
      assert.equal(working?.slice(-4), shown.lastFour);
    });

    test("with a grace, racing rotations leave the current secret and one beside it", async () => {
      const { id, secret } = await fixture().replicas[0].issue(actor);
      const racing = Array.from({ length: 6 }, (_, index) => rotate(id, 60, index % 2 ? 1 : 0));
      const secrets = (await Promise.all(racing)).map((answer) => answer.secret);
      const found = await verdicts(secret, ...secrets);
      assert.equal(found.filter((verdict) => verdict === "ok").length, 2);
    });

    test("of retired secrets the newest are remembered, and none of the others works", async () => {
      const replica = await fixture().start({ config: { retiredSecretsPerKeyMax: 2 } });
      const first = await replica.issue(actor);
      const secrets = [first.secret];
      for (let rotation = 0; rotation < 4; rotation++) {
        fixture().clock.nowMs += 1;
        const request = { actor, id: first.id, graceSeconds: 60 };
        secrets.push((await replica.client.rotateApiKey(request, call)).secret);
      }
      assert.deepEqual(await verdicts(...secrets), ["unknown", "rotated", "rotated", "ok", "ok"]);
    });

    test("rotating does not revive a disabled key", async () => {
      const { client, issue } = fixture().replicas[0];
      const { id } = await issue(actor);
      await client.setApiKeyStatus({ actor, id, status: "disabled" }, call);
      const { key, secret } = await rotate(id);
      assert.equal(key?.status, "disabled");
      assert.deepEqual(await verdicts(secret), ["disabled"]);
    });

    test("a grace beyond the limit is refused and rotates nothing", async () => {
      const { id, secret } = await fixture().replicas[0].issue(actor);
      await assert.rejects(rotate(id, 30 * 24 * 3_600 + 1), { code: "request.invalid" });
      assert.deepEqual(await verdicts(secret), ["ok"]);
    });
  });
}
