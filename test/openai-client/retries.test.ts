import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { answerJson, type UpstreamScript } from "../support/upstream.ts";
import { assertSame, described, exceptionOf, useBoth } from "./both.ts";
import { completing } from "./provider.ts";

const { playBoth } = useBoth();

const request = { model: "gpt-test", messages: [] };
const soon = { "retry-after-ms": "5" };
const refusal = { error: { message: "Not now.", type: "t", param: null, code: "c" } };

/** Plays the first scripts once each, and the last one from then on. */
function inTurn(...scripts: UpstreamScript[]): () => UpstreamScript {
  return () => {
    let played = 0;
    return (answer, entry) => {
      const script = scripts[Math.min(played, scripts.length - 1)];
      played += 1;
      return script?.(answer, entry);
    };
  };
}
const refusing = (status: number, headers: Record<string, string> = soon) =>
  answerJson(status, refusal, headers);
const good = completing(() => ({ content: "at last" }));

suite("the official client tries again with us as without", { timeout: 30_000 }, () => {
  for (const status of [408, 409, 429, 500, 502, 503, 504]) {
    test(`after ${status}, as often as it is told to`, async () => {
      const both = await playBoth({
        script: inTurn(refusing(status), refusing(status), good),
        options: { maxRetries: 2 },
        run: async ({ client, sent }) => {
          const { choices } = await client.chat.completions.create(request);
          return { content: choices[0]?.message.content, requests: sent().length };
        },
      });
      assert.deepEqual(assertSame(both), { content: "at last", requests: 3 });
    });
  }

  test("until its attempts are used up", async () => {
    const both = await playBoth({
      script: () => refusing(429),
      options: { maxRetries: 1 },
      run: async ({ client, sent }) => {
        const error = await exceptionOf(() => client.chat.completions.create(request));
        return { ...described(error), requests: sent().length };
      },
    });
    assert.equal(assertSame(both).requests, 2);
  });

  test("into a stream", async () => {
    const both = await playBoth({
      script: inTurn(refusing(503), good),
      options: { maxRetries: 1 },
      run: async ({ client, sent }) => {
        const stream = client.chat.completions.stream(request);
        return { text: (await stream.finalMessage()).content, requests: sent().length };
      },
    });
    assert.deepEqual(both.through.seen, { text: "at last", requests: 2 });
    assert.deepEqual(both.direct.seen, both.through.seen);
  });

  test("not when x-should-retry says no, though the status would", async () => {
    const both = await playBoth({
      script: () => refusing(429, { ...soon, "x-should-retry": "false" }),
      options: { maxRetries: 2 },
      run: async ({ client, sent }) => {
        await exceptionOf(() => client.chat.completions.create(request));
        return sent().length;
      },
    });
    assert.equal(assertSame(both), 1);
  });

  test("when x-should-retry says yes, though the status would not", async () => {
    const both = await playBoth({
      script: inTurn(refusing(400, { ...soon, "x-should-retry": "true" }), good),
      options: { maxRetries: 2 },
      run: async ({ client, sent }) => {
        await client.chat.completions.create(request);
        return sent().length;
      },
    });
    assert.equal(assertSame(both), 2);
  });

  test("after the seconds that retry-after says", async () => {
    const both = await playBoth({
      script: inTurn(refusing(429, { "retry-after": "1" }), good),
      options: { maxRetries: 1 },
      run: async ({ client, sent }) => {
        await client.chat.completions.create(request);
        const [first, second] = sent();
        const waitedMs = (second?.receivedAt ?? 0) - (first?.receivedAt ?? 0);
        return waitedMs > 950;
      },
    });
    assert.equal(assertSame(both), true);
  });

  test("after an upstream that hangs up", async () => {
    const both = await playBoth({
      script: inTurn(({ cut }) => cut(), good),
      options: { maxRetries: 2 },
      run: async ({ client, sent }) => {
        const { choices } = await client.chat.completions.create(request);
        return { content: choices[0]?.message.content, requests: sent().length };
      },
    });
    assert.deepEqual(assertSame(both), { content: "at last", requests: 2 });
  });
});
