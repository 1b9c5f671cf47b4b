import assert from "node:assert/strict";
import { suite, test } from "node:test";
import OpenAI from "openai";
import type { UpstreamScript } from "../support/upstream.ts";
import { described, exceptionOf, type Side, useBoth } from "./both.ts";

const { playBoth } = useBoth();

const request = { model: "gpt-test", messages: [] };
const noticedWithinMs = 100;

const silent: UpstreamScript = ({ aborted }) => aborted;
const oneChunk: UpstreamScript = async ({ head, write, aborted }) => {
  head(200, { "content-type": "text/event-stream" });
  await write('data: {"id":"1","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n');
  await aborted;
};

suite("an official client that leaves", { timeout: 30_000 }, () => {
  test("before any answer: its own exception, and the upstream is told at once", async () => {
    const both = await playBoth({
      script: () => silent,
      run: async (side) => {
        const controller = new AbortController();
        const { signal } = controller;
        const failing = exceptionOf(() => side.client.chat.completions.create(request, { signal }));
        await arrived(side);
        const leftAt = performance.now();
        controller.abort();
        const error = await failing;
        assert.ok(error instanceof OpenAI.APIUserAbortError);
        return {
          ...described(error),
          inTime: (await noticedAfterMs(side, leftAt)) < noticedWithinMs,
        };
      },
    });
    assert.deepEqual(both.through.seen, both.direct.seen);
    assert.equal(both.through.seen.inTime, true);
  });

  test("in a stream: no exception, and the upstream is told at once", async () => {
    const both = await playBoth({
      script: () => oneChunk,
      run: async (side) => {
        const stream = await side.client.chat.completions.create({ ...request, stream: true });
        const contents: unknown[] = [];
        let leftAt = 0;
        for await (const { choices } of stream) {
          contents.push(choices[0]?.delta.content);
          leftAt = performance.now();
          stream.controller.abort();
        }
        return { contents, inTime: (await noticedAfterMs(side, leftAt)) < noticedWithinMs };
      },
    });
    assert.deepEqual(both.through.seen, { contents: ["a"], inTime: true });
    assert.deepEqual(both.direct.seen, both.through.seen);
  });

  test("by breaking out of its loop: the upstream is told at once", async () => {
    const both = await playBoth({
      script: () => oneChunk,
      run: async (side) => {
        let leftAt = 0;
        for await (const _ of await side.client.chat.completions.create({
          ...request,
          stream: true,
        })) {
          leftAt = performance.now();
          break;
        }
        return (await noticedAfterMs(side, leftAt)) < noticedWithinMs;
      },
    });
    assert.deepEqual([both.direct.seen, both.through.seen], [true, true]);
  });

  test("by its own timeout: its own exception, and the upstream is told at once", async () => {
    const both = await playBoth({
      script: () => silent,
      options: { timeout: 150 },
      run: async (side) => {
        const failing = exceptionOf(() => side.client.chat.completions.create(request));
        const error = await failing;
        const leftAt = performance.now();
        assert.ok(error instanceof OpenAI.APIConnectionTimeoutError);
        return {
          ...described(error),
          inTime: (await noticedAfterMs(side, leftAt)) < noticedWithinMs,
        };
      },
    });
    assert.deepEqual(both.through.seen, both.direct.seen);
    assert.equal(both.through.seen.inTime, true);
  });
});

/** Resolves when the scenario's request has come to the upstream. */
async function arrived({ sent }: Side): Promise<void> {
  while (sent().length === 0) await nextTurn();
}

/** How long after a moment the upstream saw that its client was gone. */
async function noticedAfterMs({ sent }: Side, leftAt: number): Promise<number> {
  for (;;) {
    const abortedAt = sent()[0]?.abortedAt;
    if (abortedAt !== undefined) return abortedAt - leftAt;
    await nextTurn();
  }
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 1));
