import assert from "node:assert/strict";
import { test } from "node:test";
import { delta, done, errorAtEnd, finish, startStreaming } from "../../../test/support/streams.ts";
import { answerStream, type UpstreamScript } from "../../../test/support/upstream.ts";

test("a stream cut off at any byte ends in an error event, after whole events only", async (t) => {
  const whole = delta("a") + delta("b") + finish();
  const { ask, upstream } = await startStreaming({ test: t, script: () => {} });
  for (const ending of ["cut", "end"] as const) {
    for (let length = 1; length <= whole.length; length += 3) {
      upstream.play(async (answer) => {
        answer.head(200, { "content-type": "text/event-stream" });
        await answer.write(whole.slice(0, length));
        answer[ending]();
      });
      const got = await ask();
      const { before, error } = errorAtEnd(got.body);
      assert.ok(whole.startsWith(before) && /^(data: .*\n\n)*$/.test(before), before);
      assert.equal(error.code, "upstream.truncated");
      assert.equal(error.type, "server_error");
      assert.equal(got.outcome, "upstream_truncated");
    }
  }
});

test("where a dialect need not say [DONE], a stream that finished is whole and another is not", async (t) => {
  const { ask, upstream } = await startStreaming({
    test: t,
    script: answerStream([delta("a"), finish()]),
    provider: "openai-compatible",
  });
  assert.deepEqual((await ask()).outcome, "ok");
  upstream.play(answerStream([delta("a")]));
  assert.deepEqual((await ask()).outcome, "upstream_truncated");
});

test("a last event without its blank line passes when it is whole", async (t) => {
  for (const last of ["data: [DONE]", "data: [DONE]\n", "data: [DONE]\r\n"]) {
    const { ask } = await startStreaming({ test: t, script: answerStream([finish(), last]) });
    const got = await ask();
    assert.deepEqual([got.body, got.outcome], [finish() + last, "ok"]);
  }
});

test("an upstream's own error event passes and gets no second one", async (t) => {
  const failure = 'event: error\ndata: {"error":{"message":"tool_use_failed"}}\n\n';
  const { ask } = await startStreaming({ test: t, script: answerStream([delta("a"), failure]) });
  const got = await ask();
  assert.deepEqual([got.body, got.outcome], [delta("a") + failure, "upstream_error"]);
});

test("an upstream that is silent for too long, or takes too long, is a timeout", async (t) => {
  const script: UpstreamScript = async ({ head, write }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(delta("a"));
  };
  const settings = [{ idleTimeoutMs: 40 }, { totalTimeoutMs: 60, heartbeatIntervalMs: 5 }];
  for (const config of settings) {
    const { ask, upstream } = await startStreaming({ test: t, script, config });
    const got = await ask();
    const { error } = errorAtEnd(got.body);
    assert.deepEqual([error.code, got.outcome], ["upstream.timeout", "upstream_timeout"]);
    assert.equal(upstream.ledger.length, 1);
  }
  const config = { firstByteTimeoutMs: 40, heartbeatIntervalMs: 5 };
  const { ask } = await startStreaming({ test: t, script: () => {}, config });
  assert.equal((await ask()).outcome, "upstream_timeout");
});

test("an event too long to hold flows on in parts, and a failure still ends in a clean event", async (t) => {
  const long = delta("x".repeat(500));
  const config = { eventHoldBytesMax: 100 };
  const { ask, upstream } = await startStreaming({
    test: t,
    script: answerStream([long, delta("b"), done]),
    provider: "groq",
    config,
  });
  assert.equal((await ask()).body, long + delta("b") + done);
  upstream.play(async ({ head, write, cut }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(long.slice(0, 300));
    cut();
  });
  const { before } = errorAtEnd((await ask()).body);
  assert.equal(before, `${long.slice(0, 300)}\n\n`);
});

test("once a stream is done it is whole, however the upstream lets go of its connection", async (t) => {
  const { ask, upstream } = await startStreaming({
    test: t,
    script: async ({ head, write, cut }) => {
      head(200, { "content-type": "text/event-stream" });
      await write(finish() + done);
      cut();
    },
    config: { heartbeatIntervalMs: 250 },
  });
  const cut = await ask();
  assert.deepEqual([cut.body, cut.outcome], [finish() + done, "ok"]);
  upstream.play(async ({ head, write }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(finish() + done);
  });
  const left = await ask();
  assert.deepEqual([left.body, left.outcome], [finish() + done, "ok"]);
});
