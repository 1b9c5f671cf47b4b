import assert from "node:assert/strict";
import { test } from "node:test";
import { readUsage } from "./usage.ts";

const counts = (message: unknown) => {
  const usage = readUsage(message);
  return usage && Object.fromEntries(Object.entries(usage).filter(([, value]) => value));
};
const named = { $typeName: "apirouter.openai.v1.Usage" };

test("providers' own ways to count are understood", () => {
  assert.deepEqual(
    counts({
      usage: { prompt_tokens: 6, completion_tokens: 2, prompt_cache_hit_tokens: 4 },
    }),
    { ...named, inputTokens: 6, outputTokens: 2, cachedInputTokens: 4 },
  );
  assert.deepEqual(
    counts({
      usage: {
        prompt_tokens: 6,
        completion_tokens: 2,
        prompt_tokens_details: { cached_tokens: 1, cache_write_tokens: 5, audio_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1, audio_tokens: 1 },
      },
    }),
    {
      ...named,
      ...{ inputTokens: 6, outputTokens: 2, cachedInputTokens: 1, cacheWriteTokens: 5 },
      ...{ reasoningTokens: 1, audioInputTokens: 2, audioOutputTokens: 1 },
    },
  );
  assert.deepEqual(counts({ usage: null, x_groq: { usage: { prompt_tokens: 3 } } }), {
    ...named,
    inputTokens: 3,
  });
});

test("what cannot be a number of tokens counts nothing", () => {
  for (const message of [undefined, null, 1, [], {}, { usage: {} }, { usage: [] }]) {
    assert.equal(readUsage(message), undefined);
  }
  for (const wrong of [-1, 1.5, 2 ** 32, "7", null, Number.NaN]) {
    assert.equal(readUsage({ usage: { prompt_tokens: wrong } }), undefined);
  }
});
