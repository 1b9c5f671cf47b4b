import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { doneEvent, errorOf } from "../../support/openai.ts";
import { answerJson, answerStream } from "../../support/upstream.ts";
import type { Contract } from "../contract.ts";

export const requests: Contract = (plane) =>
  suite("chat requests", () => {
    test("an answer's head and body pass as they are; ours is the request id", async () => {
      const { issue, upstream, chat } = plane();
      const { secret } = await issue();
      const body = '{ "id":"x",  "unknown": 1.0 }';
      const headers = {
        "x-request-id": "req_up",
        "x-ratelimit-remaining-requests": "7",
        "set-cookie": "a=b",
      };
      upstream.play(answerJson(200, body, headers));
      const response = await chat(secret);
      assert.equal(await response.text(), body);
      assert.equal(response.headers.get("x-upstream-request-id"), "req_up");
      assert.match(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
      assert.equal(response.headers.get("x-ratelimit-remaining-requests"), "7");
      assert.equal(response.headers.get("set-cookie"), null);
    });

    test("a header beyond ASCII passes as it is, also before a stream", async () => {
      const { issue, upstream, chat } = plane();
      const { secret } = await issue();
      const headers = { "x-ratelimit-scope": "caf\u00e9" };
      for (const stream of [false, true]) {
        upstream.play(stream ? answerStream([doneEvent], headers) : answerJson(200, {}, headers));
        const response = await chat(secret, { stream });
        await response.text();
        assert.equal(response.headers.get("x-ratelimit-scope"), "caf\u00e9");
      }
    });

    test("no secret or address of the caller reaches the upstream", async () => {
      const { issue, upstream, nextUrl } = plane();
      const { secret } = await issue();
      upstream.play(answerStream([doneEvent]));
      const seen = upstream.ledger.length;
      await fetch(`${nextUrl()}/v1/chat/completions`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${secret}`,
          "x-api-key": secret,
          cookie: "session=1",
          "x-forwarded-for": "10.1.2.3",
          "openai-beta": "assistants=v2",
        },
        body: Buffer.from(JSON.stringify({ model: "gpt-test", messages: [] })),
      });
      const entry = await upstream.received(seen + 1);
      const sent = JSON.stringify(entry.headers);
      assert.ok(
        !sent.includes(secret) && !sent.includes("session=1") && !sent.includes("10.1.2.3"),
      );
      assert.equal(entry.headers["openai-beta"], "assistants=v2");
      assert.equal(entry.headers["authorization"], "Bearer upstream-credential");
    });

    const refusals: readonly [
      name: string,
      init: RequestInit,
      status: number,
      param: string | null,
    ][] = [
      ["no model", { body: "{}" }, 400, "model"],
      ["a model that is no text", { body: '{"model":1}' }, 400, "model"],
      ["a model named twice", { body: '{"model":"gpt-test","model":"other"}' }, 400, "model"],
      [
        "a stream that is no boolean",
        { body: '{"model":"gpt-test","stream":"yes"}' },
        400,
        "stream",
      ],
      ["no body", { body: "" }, 400, null],
      ["no JSON", { body: "{" }, 400, null],
      ["a list", { body: "[]" }, 400, null],
      [
        "too deep JSON",
        { body: `{"model":"gpt-test","a":${"[".repeat(200)}${"]".repeat(200)}}` },
        400,
        null,
      ],
      [
        "a form",
        { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
        415,
        null,
      ],
      ["a compressed body", { body: "{}", headers: { "content-encoding": "gzip" } }, 415, null],
    ];
    for (const [name, init, status, param] of refusals) {
      test(`${name}: ${status} in OpenAI's shape`, async () => {
        const { issue, nextUrl } = plane();
        const { secret } = await issue();
        const response = await fetch(`${nextUrl()}/v1/chat/completions`, {
          method: "POST",
          ...init,
          headers: {
            authorization: `Bearer ${secret}`,
            "content-type": "application/json",
            ...(init.headers as Record<string, string>),
          },
        });
        assert.equal(response.status, status);
        const error = await errorOf(response);
        assert.equal(error.type, "invalid_request_error");
        assert.equal(error.param, param);
      });
    }

    test("a null stream is no stream", async () => {
      const { issue, upstream, chat } = plane();
      upstream.play(answerJson(200, { ok: true }));
      const response = await chat((await issue()).secret, { stream: null });
      assert.deepEqual(await response.json(), { ok: true });
    });
  });
