import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ApiKey, IssuedApiKey } from "../../../api/types/apikeys.ts";
import { User } from "../../../api/types/users.ts";
import type { Deployment, IssuedKey } from "../../support/deployment.ts";
import { ok } from "../../support/management.ts";
import { chatEvent, errorOf } from "../../support/openai.ts";
import { until } from "../../support/until.ts";
import { answerJson, type UpstreamScript } from "../../support/upstream.ts";
import type { Contract } from "../contract.ts";
import { assertPrompt, type Delay, delaysOf, promptly } from "../promptly.ts";

/** An expiry takes its time to come, and may not have passed when the change is made. */
const expiresInMs = 400;
const streamEndMs = 1_000;

/** Starts a stream and holds it open until its client or the gateway ends it. */
const endless: UpstreamScript = async ({ head, write, aborted }) => {
  head(200, { "content-type": "text/event-stream" });
  await write(chatEvent("first"));
  await aborted;
};

interface Ending {
  readonly name: string;
  readonly code: string;
  /** What a request is told that waits for its answer when the key ends, or comes later. */
  readonly status: number;
  /** How often it is measured. */
  readonly trials?: number;
  /** Ends a key; resolves when that is acknowledged. */
  end(deployment: Deployment, key: IssuedKey): Promise<unknown>;
}

const pathOf = ({ id }: IssuedKey) => `/api/v1/apikeys/${id}`;

/** What ends a key together with what runs with it. */
const endings: readonly Ending[] = [
  {
    name: "disabled",
    trials: 40,
    code: "api_key_disabled",
    status: 401,
    end: async (_, key) => ok(await key.person.post(`${pathOf(key)}/disable`), ApiKey),
  },
  {
    name: "deleted",
    code: "invalid_api_key",
    status: 401,
    end: async (_, key) => assert.equal((await key.person.delete(pathOf(key))).status, 200),
  },
  {
    name: "of a disabled account",
    code: "auth.user_disabled",
    status: 403,
    end: async ({ owner }, { person }) =>
      ok(await owner.post(`/api/v1/users/${person.id}/disable`), User),
  },
];

/** What ends a secret for requests to come. */
const refusals: readonly Ending[] = [
  ...endings,
  {
    name: "rotated without a grace",
    code: "api_key_revoked",
    status: 401,
    end: async (_, key) =>
      ok(await key.person.post(`${pathOf(key)}/rotate`, { grace_seconds: 0 }), IssuedApiKey),
  },
  {
    name: "given an expiry that comes",
    trials: 10,
    code: "api_key_expired",
    status: 401,
    async end(_, key) {
      const expiresAtMs = Date.now() + expiresInMs;
      const expires_at = new Date(expiresAtMs).toISOString();
      ok(await key.person.patch(pathOf(key), { expires_at }), ApiKey);
      // The expiry itself is what has been acknowledged.
      await new Promise((resolve) => setTimeout(resolve, expiresAtMs - Date.now()));
    },
  },
];

export const revocation: Contract = (plane) =>
  suite("the end of a key", () => {
    for (const { name, end, status, code, trials = 20 } of refusals) {
      test(`a key that is ${name} is refused by every gateway within 50 ms`, async (t) => {
        const { urls, issue, chat, member, upstream } = plane();
        upstream.play(answerJson(200, {}));
        const delays: Delay[] = [];
        let person = await member();
        for (let trial = 0; trial < trials; trial += 1) {
          if (code === "auth.user_disabled") person = await member();
          const key = await issue({ person });
          const knows = async (url: string) => {
            const response = await chat(key.secret, {}, { url });
            if (response.ok) await response.text();
            else assert.equal((await errorOf(response)).code, code);
            return response.status === status;
          };
          delays.push(...(await delaysOf({ urls, knows, make: () => end(plane(), key) })));
        }
        assertPrompt(t, `a key that is ${name} is refused`, delays);
      });
    }

    test("a key works within 50 ms of its being enabled again", async () => {
      const { issue, chat, owner, upstream } = plane();
      upstream.play(answerJson(200, {}));
      const key = await issue();
      for (const [action, status] of [
        ["disable", 401],
        ["enable", 200],
        ["disable", 401],
      ] as const) {
        ok(await owner.post(`${pathOf(key)}/${action}`), ApiKey);
        for (let round = 0; round < 4; round += 1) {
          await promptly(
            () => chat(key.secret),
            (answer) => answer.status === status,
          );
        }
      }
    });

    test("requests that race a disabling never leave the key known as good", async () => {
      const { issue, chat, upstream, owner } = plane();
      upstream.play(answerJson(200, {}));
      for (let round = 0; round < 20; round += 1) {
        const key = await issue();
        // They look the key up while it is being disabled.
        const racing = Array.from({ length: 4 }, () => chat(key.secret));
        ok(await owner.post(`${pathOf(key)}/disable`), ApiKey);
        await Promise.all(racing);
        for (let again = 0; again < 2; again += 1) {
          await promptly(
            () => chat(key.secret),
            ({ status }) => status === 401,
          );
        }
      }
    });

    for (const { name, end, status, code } of endings) {
      test(`a running stream of a key that is ${name} ends with an error event within 1 s`, async (t) => {
        const { urls, issue, chat, upstream, member } = plane();
        upstream.play(endless);
        for (const url of urls) {
          const key = await issue({ person: await member() });
          const seen = upstream.ledger.length;
          const response = await chat(key.secret, { stream: true }, { url });
          const entry = await upstream.received(seen + 1);
          const text = response.text();
          await end(plane(), key);
          const endedAt = performance.now();
          const events = (await text).split("\n\n");
          const tookMs = performance.now() - endedAt;
          t.diagnostic(`cut after ${tookMs.toFixed(1)} ms`);
          assert.ok(tookMs < streamEndMs);
          assert.equal(events.at(-1), "", "it ends at an event's end");
          const last = JSON.parse(events.at(-2)?.replace("data: ", "") ?? "");
          assert.equal(last.error.code, code);
          assert.ok(!events.includes("data: [DONE]"));
          await until("aborted", () => entry.abortedAt, { holds: (at) => at !== undefined });
          assert.ok(Number(entry.abortedAt) - endedAt < streamEndMs, "the upstream is let go too");
        }
      });

      test(`a waiting request of a key that is ${name} gets the error at once`, async () => {
        const { issue, chat, upstream, member } = plane();
        upstream.play(({ aborted }) => aborted);
        const key = await issue({ person: await member() });
        const seen = upstream.ledger.length;
        const waiting = chat(key.secret);
        await upstream.received(seen + 1);
        await end(plane(), key);
        const response = await waiting;
        assert.equal(response.status, status);
        assert.equal((await errorOf(response)).code, code);
      });
    }

    test("a key's end leaves other keys' streams alone", async () => {
      const { issue, chat, upstream, owner } = plane();
      upstream.play(endless);
      const [ended, other] = [await issue(), await issue()];
      const [cut, kept] = await Promise.all(
        [ended, other].map(({ secret }) => chat(secret, { stream: true })),
      );
      ok(await owner.post(`${pathOf(ended)}/disable`), ApiKey);
      await cut?.text();
      const reader = kept?.body?.getReader();
      assert.equal((await reader?.read())?.done, false);
      await reader?.cancel();
    });
  });
