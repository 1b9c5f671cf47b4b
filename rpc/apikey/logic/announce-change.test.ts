import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AppError } from "../../../common/errors.ts";
import type { Events } from "../../../common/events/events.ts";
import { type ApiKeyReplica, call, useApiKeys } from "../../../test/support/api-keys.ts";
import { databases } from "../../../test/support/databases.ts";

const actor = { userId: "ann", role: "member" };

for (const engine of databases()) {
  describe(`announcing changes on ${engine.name}`, { ...engine.options, timeout: 30_000 }, () => {
    const fixture = useApiKeys(engine);

    test("a watcher of one replica hears each change of another, before its answer", async () => {
      const { replicas } = fixture();
      const { client, issue } = replicas[0];
      const { id, secret } = await issue(actor);
      const heard = await watch(replicas[1]);
      const changes: [string, () => Promise<unknown>][] = [
        ["active", () => client.updateApiKey({ actor, id, name: "new" }, call)],
        ["active", () => client.updateApiKey({ actor, id, expiresAtMs: Date.now() * 2 }, call)],
        ["disabled", () => client.setApiKeyStatus({ actor, id, status: "disabled" }, call)],
        ["active", () => client.setApiKeyStatus({ actor, id, status: "active" }, call)],
        ["active", () => client.rotateApiKey({ actor, id }, call)],
        ["deleted", () => client.deleteApiKey({ actor, id }, call)],
      ];
      for (const [status, change] of changes) {
        await change();
        assert.deepEqual(await heard.next(), { keyId: id, status });
      }
      assert.equal((await replicas[1].validate(secret)).verdict, "unknown");
      await heard.stop();
    });

    test("the change is stored when its announcement goes out", async () => {
      const { replicas, events } = fixture();
      const { id, secret } = await replicas[0].issue(actor);
      const verdict = Promise.withResolvers<string>();
      const subscription = await events.subscribe("apikey", {
        onEvent: () => {
          replicas[1].validate(secret).then((answer) => verdict.resolve(answer.verdict));
        },
        onGap: () => {},
      });
      await replicas[0].client.setApiKeyStatus({ actor, id, status: "disabled" }, call);
      assert.equal(await verdict.promise, "disabled");
      subscription.close();
    });

    test("neither a refused change nor a new key is announced", async () => {
      const { replicas } = fixture();
      const { client, issue } = replicas[0];
      const { id } = await issue(actor);
      const heard = await watch(replicas[1]);
      const stranger = { userId: "stranger", role: "member" };
      await client.deleteApiKey({ actor: stranger, id }, call).catch(() => {});
      await client.updateApiKey({ actor, id, name: "" }, call).catch(() => {});
      await issue(actor);
      await client.setApiKeyStatus({ actor, id, status: "disabled" }, call);
      assert.deepEqual(await heard.next(), { keyId: id, status: "disabled" });
      await heard.stop();
    });

    test("an announcement that fails at first is made again, unseen by the caller", async () => {
      const replica = await fixture().start({ events: failing(fixture().events, 2) });
      const heard = await watch(fixture().replicas[1]);
      const { id } = await replica.issue(actor);
      await replica.client.setApiKeyStatus({ actor, id, status: "disabled" }, call);
      assert.deepEqual(await heard.next(), { keyId: id, status: "disabled" });
      await heard.stop();
    });

    test("one that goes on failing is told to the caller; the change is stored", async () => {
      const replica = await fixture().start({ events: failing(fixture().events, 3) });
      const { id, secret } = await replica.issue(actor);
      await assert.rejects(
        replica.client.setApiKeyStatus({ actor, id, status: "disabled" }, call),
        {
          code: "events.not_delivered",
          message: /The change is stored/,
        },
      );
      assert.equal((await replica.validate(secret)).verdict, "disabled");
    });

    test("a deletion that was not announced is announced when it is repeated", async () => {
      const replica = await fixture().start({ events: failing(fixture().events, 3) });
      const { id } = await replica.issue(actor);
      const remove = () => replica.client.deleteApiKey({ actor, id }, call);
      await assert.rejects(remove(), { code: "events.not_delivered" });
      const heard = await watch(fixture().replicas[1]);
      await assert.rejects(remove(), { code: "resource.not_found" });
      assert.deepEqual(await heard.next(), { keyId: id, status: "deleted" });
      await heard.stop();
    });
  });
}

/** A watch that is in place. */
async function watch({ client }: ApiKeyReplica) {
  const stopping = new AbortController();
  const messages = client.watchApiKeys({}, { requestId: "watch", signal: stopping.signal });
  const iterator = messages[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await iterator.next();
    return { keyId: value.keyId, status: value.status };
  };
  assert.deepEqual(await next(), { keyId: "", status: "" });
  return {
    next,
    async stop() {
      stopping.abort();
      assert.equal((await iterator.next()).done, true);
    },
  };
}

/** A network of events that cannot be reached for a number of times. */
function failing(events: Events, times: number): Events {
  let left = times;
  return {
    subscribe: events.subscribe,
    async publish(topic, event) {
      if (left-- > 0) throw new AppError("events.not_delivered", "No answer.");
      await events.publish(topic, event);
    },
  };
}
