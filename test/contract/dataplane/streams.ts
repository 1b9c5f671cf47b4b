import assert from "node:assert/strict";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { chatEvent, doneEvent } from "../../support/openai.ts";
import type { Contract } from "../contract.ts";

export const streams: Contract = (plane) =>
  suite("streams", () => {
    for (const path of ["/v1", "/v1/openai"]) {
      test(`a chat streams through ${path} event by event`, async () => {
        const { issue, upstream, client } = plane();
        const { secret } = await issue();
        const secondWanted = Promise.withResolvers<void>();
        upstream.play(async ({ head, write, end }) => {
          head(200, { "content-type": "text/event-stream" });
          await write(chatEvent("one"));
          await secondWanted.promise;
          await write(chatEvent("two"));
          await write(doneEvent);
          end();
        });
        const stream = await client(secret, path).chat.completions.create({
          model: "gpt-test",
          messages: [],
          stream: true,
        });
        const contents: unknown[] = [];
        for await (const chunk of stream) {
          contents.push(chunk.choices[0]?.delta.content);
          secondWanted.resolve();
        }
        assert.deepEqual(contents, ["one", "two"]);
      });
    }

    test("a client that leaves a stream has its upstream aborted within 100 ms", async () => {
      const { issue, upstream, chat } = plane();
      const { secret } = await issue();
      const leftAt = Promise.withResolvers<number>();
      const abortedAt = Promise.withResolvers<number>();
      upstream.play(async ({ head, write, aborted }) => {
        head(200, { "content-type": "text/event-stream" });
        await write(chatEvent("one"));
        await aborted;
        abortedAt.resolve(performance.now());
      });
      const controller = new AbortController();
      const response = await chat(secret, { stream: true }, { signal: controller.signal });
      await response.body?.getReader().read();
      leftAt.resolve(performance.now());
      controller.abort();
      assert.ok((await abortedAt.promise) - (await leftAt.promise) < 100);
    });

    test("a client that leaves before any answer has its upstream aborted within 100 ms", async () => {
      const { issue, upstream, chat } = plane();
      const { secret } = await issue();
      const abortedAt = Promise.withResolvers<number>();
      upstream.play(async ({ aborted }) => {
        await aborted;
        abortedAt.resolve(performance.now());
      });
      const controller = new AbortController();
      const seen = upstream.ledger.length;
      const response = chat(secret, {}, { signal: controller.signal });
      response.catch(() => {});
      await upstream.received(seen + 1);
      const leftAt = performance.now();
      controller.abort();
      assert.ok((await abortedAt.promise) - leftAt < 100);
    });

    test("a slow reader slows the upstream, and is let go when it takes nothing", async () => {
      const { issue, upstream, nextUrl } = plane();
      const { secret } = await issue();
      const event = chatEvent("x".repeat(64 * 1024));
      upstream.play(async ({ head, write, response }) => {
        head(200, { "content-type": "text/event-stream" });
        while (!response.destroyed) await write(event);
      });
      const seen = upstream.ledger.length;
      const { hostname, port } = new URL(nextUrl());
      const socket = connect(Number(port), hostname);
      socket.pause();
      const body = JSON.stringify({ model: "gpt-test", messages: [], stream: true });
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${secret}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      const entry = await upstream.received(seen + 1);
      while (entry.abortedAt === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      socket.destroy();
      assert.ok(entry.bytesAccepted < 32 * 1024 * 1024, `${entry.bytesAccepted} bytes were taken`);
    });

    test("an upstream that breaks off a stream ends it with an error event and no [DONE]", async () => {
      const { issue, upstream, chat } = plane();
      const { secret } = await issue();
      upstream.play(async ({ head, write, cut }) => {
        head(200, { "content-type": "text/event-stream" });
        await write(chatEvent("one"));
        cut();
      });
      const text = await (await chat(secret, { stream: true })).text();
      const events = text.split("\n\n").filter((event) => event !== "");
      assert.ok(text.includes("one") && !text.includes("[DONE]"));
      const last: { error: { code: string } } = JSON.parse(
        String(events.at(-1)).replace("data: ", ""),
      );
      assert.equal(last.error.code, "upstream.truncated");
    });
  });
