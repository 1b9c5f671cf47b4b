import assert from "node:assert/strict";
import { test } from "node:test";
import { startDataPlane } from "../support/data-plane.ts";
import { chatEvent, doneEvent } from "../support/openai.ts";

test("a stream that runs when the gateway stops ends with an error event", async () => {
  const { issue, upstream, chat, router } = await startDataPlane();
  const { secret } = await issue();
  upstream.play(async ({ head, write, aborted }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chatEvent("one"));
    await aborted;
  });
  const response = await chat(secret, { stream: true });
  const text = response.text();
  await router.stop();
  await upstream.close();
  assert.match(await text, /one.*"code":"service.shutting_down".*\n\n$/s);
});

test("a stream that ends while the gateway drains is whole, and the last of its connection", async () => {
  const { issue, upstream, chat, router } = await startDataPlane({
    gateway: { drainAcceptMs: 50, drainStreamsMs: 5_000 },
  });
  const { secret } = await issue();
  const stopping = Promise.withResolvers<void>();
  upstream.play(async ({ head, write, end }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chatEvent("one"));
    await stopping.promise;
    await write(chatEvent("two"));
    await write(doneEvent);
    end();
  });
  const response = await chat(secret, { stream: true });
  const stopped = router.stop();
  const unready = await fetch(`${router.url}/readyz`);
  assert.equal(unready.status, 503);
  assert.equal(unready.headers.get("connection"), "close");
  stopping.resolve();
  const text = await response.text();
  await stopped;
  await upstream.close();
  assert.ok(text.includes("two") && text.endsWith(doneEvent));
});
