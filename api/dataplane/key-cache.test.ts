import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { pino } from "pino";
import { unrestricted } from "../../common/access/access.ts";
import { AppError, type ErrorCode } from "../../common/errors.ts";
import { PermissionsSchema } from "../../gen/common/access/access_pb.ts";
import { GatewayConfig, type KeyCacheConfig } from "../config.ts";
import { KeyCache } from "./key-cache.ts";
import { createPrincipal, type Verdict } from "./principal.ts";

/*
 * The services behind the cache are a script here, since these tests are about what happens between
 * their question and their answer. test/dataplane holds the same over the real ones.
 */

const permissions = create(PermissionsSchema, unrestricted);
const principal = createPrincipal({
  keyId: "key",
  userId: "user",
  validUntilMs: Number.POSITIVE_INFINITY,
  endsAs: "api_key_expired",
  permissions: [permissions],
});
const disabled: Verdict = { refusedAs: "api_key_disabled", keyId: "key", userId: "user" };
const unknown: Verdict = { refusedAs: "invalid_api_key", keyId: "", userId: "" };
const hashOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(name.padEnd(32)));
const hash = hashOf("secret");

interface Question {
  answer(verdict: Verdict): void;
  fail(): void;
}

function startCache(overrides: Partial<KeyCacheConfig> = {}) {
  const asked: Question[] = [];
  const ended: [id: string, code: ErrorCode][] = [];
  let wake = () => {};
  const cache = new KeyCache({
    config: { ...GatewayConfig.parse({}).keyCache, ...overrides },
    log: pino({ level: "silent" }),
    lookup: async () => {
      const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
      asked.push({
        answer: resolve,
        fail: () => reject(new AppError("service.unavailable", "Not there.")),
      });
      wake();
      return promise;
    },
    onEnded: (id, code) => ended.push([id, code]),
  });
  cache.watching(true);
  /** The question with that number, when it has been asked. */
  const question = async (number: number): Promise<Question> => {
    for (;;) {
      const found = asked[number - 1];
      if (found) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const warm = async () => {
    const found = cache.find(hash, "test");
    (await question(asked.length)).answer(principal);
    return found;
  };
  return { cache, asked, ended, question, warm, find: () => cache.find(hash, "test") };
}

test("many who ask for one key cause one lookup, and then none", async () => {
  const { find, asked, question } = startCache();
  const found = [find(), find(), find()];
  (await question(1)).answer(principal);
  assert.deepEqual(await Promise.all(found), [principal, principal, principal]);
  assert.equal(find(), principal);
  assert.equal(asked.length, 1);
});

test("a refusal is remembered as well", async () => {
  const { find, asked, question } = startCache();
  const found = find();
  (await question(1)).answer(unknown);
  await found;
  assert.equal(find(), unknown);
  assert.equal(asked.length, 1);
});

test("news in the middle of a lookup makes its answer worthless: it is asked again", async () => {
  for (const id of ["key", "user"]) {
    const { cache, find, question } = startCache();
    const found = find();
    const first = await question(1);
    if (id === "key") cache.keyChanged(id, "disabled");
    else cache.userChanged(id, "active");
    first.answer(principal);
    (await question(2)).answer(disabled);
    assert.equal(await found, disabled);
    assert.equal(find(), disabled);
  }
});

test("news of another key does not", async () => {
  const { cache, find, asked, question } = startCache();
  const found = find();
  const first = await question(1);
  cache.keyChanged("other", "disabled");
  first.answer(principal);
  assert.equal(await found, principal);
  assert.equal(asked.length, 1);
});

test("a key that ends is refused without waiting for anybody, and what runs with it is ended", async () => {
  const { cache, find, ended, warm } = startCache();
  await warm();
  cache.keyChanged("key", "disabled");
  assert.deepEqual(find(), disabled);
  assert.deepEqual(ended, [["key", "api_key_disabled"]]);
});

test("a key that changed is not served from memory, even when nobody can be asked", async () => {
  const { cache, find, question, warm } = startCache();
  await warm();
  cache.keyChanged("key", "active");
  const found = find();
  (await question(2)).fail();
  await assert.rejects(async () => found, { code: "service.unavailable" });
});

test("while news is interrupted a known key is asked for again", async () => {
  const { cache, find, question, warm } = startCache();
  await warm();
  cache.watching(false);
  const found = find();
  (await question(2)).answer(disabled);
  assert.equal(await found, disabled);
});

test("while news is interrupted and nobody answers, a known key goes on serving", async () => {
  const { cache, find, question, warm } = startCache({ staleLookupTimeoutMs: 20 });
  await warm();
  cache.watching(false);
  const failing = find();
  (await question(2)).fail();
  assert.equal(await failing, principal);
  assert.equal(find(), principal, "the services are left alone for a moment");
  const silent = startCache({ staleLookupTimeoutMs: 20 });
  await silent.warm();
  silent.cache.watching(false);
  assert.equal(await silent.find(), principal);
});

test("a lookup begun before news came back does not count as current", async () => {
  const { cache, find, question, warm } = startCache();
  await warm();
  cache.watching(false);
  const early = find();
  const second = await question(2);
  cache.watching(true);
  second.answer(principal);
  (await question(3)).answer(disabled);
  assert.equal(await early, disabled);
  assert.equal(find(), disabled);
});

test("an unknown key is not let in when nobody can be asked", async () => {
  const { find, question } = startCache();
  const found = find();
  (await question(1)).fail();
  await assert.rejects(async () => found, { code: "service.unavailable" });
});

test("after its soft age a key is looked up again beside the request, which heals lost news", async () => {
  const { find, ended, question, warm } = startCache({ softAgeMs: 0 });
  await warm();
  assert.equal(find(), principal);
  (await question(2)).answer(disabled);
  while (find() === principal) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ended, [["key", "api_key_disabled"]]);
});

test("made-up keys cannot push a real one out, and are themselves bounded", async () => {
  const { cache, asked, find, question, warm } = startCache({ keysMax: 2, unknownKeysMax: 2 });
  await warm();
  for (let index = 0; index < 5; index += 1) {
    const found = cache.find(hashOf(`made up ${index}`), "test");
    (await question(asked.length)).answer(unknown);
    await found;
  }
  assert.equal(find(), principal);
  assert.ok(cache.find(hashOf("made up 0"), "test") instanceof Promise, "the oldest is forgotten");
  assert.equal(cache.find(hashOf("made up 4"), "test"), unknown);
});

test("of changes that raced, a refusal told last does not outlive what holds", async () => {
  const { cache, warm, find, asked, question } = startCache();
  await warm();
  cache.keyChanged("key", "disabled");
  const [refused] = [find()];
  assert.equal("refusedAs" in refused && refused.refusedAs, "api_key_disabled");
  (await question(2)).answer(principal);
  await cache.recheck(hash, "test");
  assert.equal(find(), principal);
  assert.equal(asked.length, 2);
});

test("a lookup begun before news may have been missed does not vouch for what runs since", async () => {
  const { cache, ended, find, question } = startCache();
  void find();
  const before = await question(1);
  cache.watching(false);
  cache.watching(true);
  const rechecked = cache.recheck(hash, "test");
  before.answer(principal);
  (await question(2)).answer(disabled);
  await rechecked;
  assert.deepEqual(ended, [["key", "api_key_disabled"]]);
});
