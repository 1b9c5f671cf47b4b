import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chatEvent, type DataPlane, errorOf, useDataPlane } from "../support/data-plane.ts";
import { answerJson, type UpstreamScript } from "../support/upstream.ts";

const plane = useDataPlane();

/** Starts a stream and holds it open until its client or the gateway ends it. */
const endless: UpstreamScript = async ({ head, write, aborted }) => {
  head(200, { "content-type": "text/event-stream" });
  await write(chatEvent("first"));
  await aborted;
};

test("a disabled key is refused within 50 ms of the acknowledgement, and serves again when enabled", async (t) => {
  const { issue, chat, router, owner, upstream } = plane();
  upstream.play(answerJson(200, {}));
  const { id, secret } = await issue();
  const delays: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await setStatus(plane(), id, "active");
    assert.equal((await chat(secret)).status, 200);
    await router.services.apikey.setApiKeyStatus({ actor: owner, id, status: "disabled" }, call);
    const acknowledgedAt = performance.now();
    while ((await chat(secret)).status !== 401) assert.ok(performance.now() - acknowledgedAt < 50);
    delays.push(performance.now() - acknowledgedAt);
  }
  delays.sort((a, b) => a - b);
  t.diagnostic(`refused after p50 ${delays[10]?.toFixed(1)} ms, p99 ${delays[19]?.toFixed(1)} ms`);
});

test("requests that race a disabling never get through after its acknowledgement", async () => {
  const { issue, chat, router, owner, upstream } = plane();
  upstream.play(answerJson(200, {}));
  for (let round = 0; round < 20; round += 1) {
    const { id, secret } = await issue();
    // The first ones look the key up while it is being disabled.
    const racing = Array.from({ length: 3 }, () => chat(secret));
    await router.services.apikey.setApiKeyStatus({ actor: owner, id, status: "disabled" }, call);
    const late = await Promise.all([chat(secret), chat(secret)]);
    assert.deepEqual(
      late.map(({ status }) => status),
      [401, 401],
    );
    await Promise.all(racing);
    assert.equal((await chat(secret)).status, 401);
  }
});

const endings: readonly [
  name: string,
  end: (plane: DataPlane, key: Key) => Promise<unknown>,
  code: string,
][] = [
  ["disabled", (plane, { id }) => setStatus(plane, id, "disabled"), "api_key_disabled"],
  [
    "deleted",
    ({ router, owner }, { id }) => router.services.apikey.deleteApiKey({ actor: owner, id }, call),
    "invalid_api_key",
  ],
  [
    "of a disabled account",
    ({ router, owner }, { userId }) =>
      router.services.user.setUserStatus({ actor: owner, id: userId, status: "disabled" }, call),
    "auth.user_disabled",
  ],
];

interface Key {
  readonly id: string;
  readonly userId: string;
}

for (const [name, end, code] of endings) {
  test(`a running stream of a key that is ${name} ends with an error event within 1 s`, async () => {
    const { issue, chat, upstream, member } = plane();
    upstream.play(endless);
    const userId = await member();
    const { id, secret } = await issue({ userId });
    const seen = upstream.ledger.length;
    const response = await chat(secret, { stream: true });
    const entry = await upstream.received(seen + 1);
    const text = response.text();
    const endedAt = performance.now();
    await end(plane(), { id, userId });
    const events = (await text).split("\n\n");
    assert.ok(performance.now() - endedAt < 1_000);
    assert.equal(events.at(-1), "", "it ends at an event's end");
    const last = JSON.parse(events.at(-2)?.replace("data: ", "") ?? "");
    assert.equal(last.error.code, code);
    assert.ok(!events.includes("data: [DONE]"));
    await until(() => entry.abortedAt !== undefined);
    assert.ok(Number(entry.abortedAt) - endedAt < 1_000, "the upstream is let go too");
  });

  test(`a waiting request of a key that is ${name} gets the error at once`, async () => {
    const { issue, chat, upstream, member } = plane();
    upstream.play(({ aborted }) => aborted);
    const userId = await member();
    const { id, secret } = await issue({ userId });
    const seen = upstream.ledger.length;
    const waiting = chat(secret);
    await upstream.received(seen + 1);
    await end(plane(), { id, userId });
    const response = await waiting;
    assert.equal(response.status, code === "auth.user_disabled" ? 403 : 401);
    assert.equal((await errorOf(response)).code, code);
  });
}

test("a key's end leaves other keys' streams alone", async () => {
  const { issue, chat, upstream } = plane();
  upstream.play(endless);
  const [ended, other] = [await issue(), await issue()];
  const controller = new AbortController();
  const streams = await Promise.all([
    chat(ended.secret, { stream: true }),
    chat(other.secret, { stream: true }, {}),
  ]);
  await setStatus(plane(), ended.id, "disabled");
  await streams[0]?.text();
  const reader = streams[1]?.body?.getReader();
  assert.equal((await reader?.read())?.done, false);
  await reader?.cancel();
  controller.abort();
});

const setStatus = ({ router, owner }: DataPlane, id: string, status: string) =>
  router.services.apikey.setApiKeyStatus({ actor: owner, id, status }, call);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
