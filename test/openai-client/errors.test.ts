import assert from "node:assert/strict";
import { suite, test } from "node:test";
import OpenAI from "openai";
import type { UpstreamScript } from "../support/upstream.ts";
import { answerJson } from "../support/upstream.ts";
import { assertSame, described, exceptionOf, useBoth } from "./both.ts";

const { plane, through, playBoth } = useBoth();

const request = { model: "gpt-test", messages: [] };

/** What a provider says of its answer that is the caller's to know. */
const informing = {
  "retry-after": "7",
  "retry-after-ms": "6500",
  "x-should-retry": "false",
  "x-ratelimit-limit-requests": "100",
  "x-ratelimit-reset-tokens": "6m0s",
  "openai-processing-ms": "12",
  "openai-version": "2020-10-01",
};
/** What it says of our account or its own house. */
const staying = {
  "openai-organization": "org-ours",
  "set-cookie": "__cf_bm=1",
  "strict-transport-security": "max-age=1",
  "cf-ray": "1-FRA",
  server: "cloudflare",
};

const bodies: Readonly<Record<string, unknown>> = {
  "an error": { error: { message: "Said upstream.", type: "t", param: "p", code: "c" } },
  "an error with nulls and more": {
    error: { message: "Said upstream.", type: null, param: null, code: null, inner: { x: 1 } },
    request: "req_1",
  },
  "an error of another kind": { detail: [{ loc: ["body"], msg: "wrong" }] },
  "no JSON": "<html>Bad gateway</html>",
  "an empty object": {},
};

const seenOf = (error: unknown) => {
  assert.ok(error instanceof OpenAI.APIError);
  const { headers } = error;
  return {
    ...described(error),
    body: error.error,
    headers: Object.fromEntries(
      Object.keys(informing).map((name) => [name, headers?.get(name) ?? null]),
    ),
  };
};

suite("an upstream's errors are to the official client what they are without us", () => {
  for (const status of [
    400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 501, 502, 503, 504, 529,
  ]) {
    for (const stream of [false, true]) {
      test(`${status} ${stream ? "to a stream" : "to a completion"}`, async () => {
        for (const body of Object.values(bodies)) {
          const both = await playBoth({
            script: () => answerJson(status, body, { ...informing, ...staying }),
            run: async ({ client }) => {
              const call = () => client.chat.completions.create({ ...request, stream });
              return seenOf(await exceptionOf(call));
            },
          });
          if (!stream) assertSame(both);
          assert.deepEqual(both.through.seen, both.direct.seen);
        }
      });
    }
  }

  test("what the upstream says of our account and its house does not pass", async () => {
    const { upstream } = plane();
    upstream.play(answerJson(400, bodies["an error"], { ...staying, "x-request-id": "req_up" }));
    const client = await through();
    const error = await exceptionOf(() => client.chat.completions.create(request));
    assert.ok(error instanceof OpenAI.APIError);
    for (const name of Object.keys(staying)) assert.equal(error.headers?.get(name), null, name);
    assert.equal(error.headers?.get("x-upstream-request-id"), "req_up");
    assert.match(error.requestID ?? "", /^[0-9a-f-]{36}$/);
  });

  test("an error inside a stream", async () => {
    const failure = { error: { message: "Overloaded.", type: "server_error", code: "overloaded" } };
    const both = await playBoth({
      script: () => inTheMiddle(`data: ${JSON.stringify(failure)}\n\n`),
      run: ({ client }) => chunksAndFailure(client),
    });
    assert.deepEqual(both.through.seen, both.direct.seen);
    assert.equal(both.through.seen.chunks, 1);
  });
});

suite("where an upstream fails without a word", () => {
  /** The client's own class for it belongs to its connection, and that to us is whole. */
  test("an upstream that hangs up is a 502 and worth trying again", async () => {
    const both = await playBoth({
      script:
        () =>
        ({ cut }) =>
          cut(),
      run: async ({ client }) =>
        described(await exceptionOf(() => client.chat.completions.create(request))),
    });
    assert.equal(both.direct.seen.class, "APIConnectionError");
    const { class: name, status, code, type } = both.through.seen;
    assert.deepEqual(
      [name, status, code, type],
      ["InternalServerError", 502, "upstream.unreachable", "server_error"],
    );
  });

  test("a stream that breaks off is an exception, with us as without", async () => {
    const both = await playBoth({
      script: () => inTheMiddle(undefined),
      run: ({ client }) => chunksAndFailure(client),
    });
    assert.equal(both.direct.seen.chunks, 1);
    assert.ok(both.direct.seen.failure);
    assert.equal(both.through.seen.chunks, 1);
    assert.match(both.through.seen.failure ?? "", /broke off/);
  });

  test("a gateway that is not there is a connection error", async () => {
    const client = await through({ baseURL: "http://127.0.0.1:9/v1" });
    const error = await exceptionOf(() => client.chat.completions.create(request));
    assert.ok(error instanceof OpenAI.APIConnectionError);
  });
});

const ours: readonly Ours[] = [
  {
    name: "a wrong key",
    ask: (client) => client.withOptions({ apiKey: "sk-wrong" }).chat.completions.create(request),
    expected: ["AuthenticationError", 401, "invalid_api_key", null],
  },
  {
    name: "a wrong key for the models",
    ask: (client) => client.withOptions({ apiKey: "sk-wrong" }).models.list(),
    expected: ["AuthenticationError", 401, "invalid_api_key", null],
  },
  {
    name: "a model that nobody serves",
    ask: (client) => client.chat.completions.create({ ...request, model: "nobody-serves-this" }),
    expected: ["NotFoundError", 404, "model_not_found", "model"],
  },
  {
    name: "a model that does not exist",
    ask: (client) => client.models.retrieve("nobody/serves-this"),
    expected: ["NotFoundError", 404, "model_not_found", "model"],
  },
  {
    name: "no model",
    ask: (client) => client.post("/chat/completions", { body: { messages: [] } }),
    expected: ["BadRequestError", 400, "request.invalid", "model"],
  },
  {
    name: "a stream that is no boolean",
    ask: (client) => client.post("/chat/completions", { body: { ...request, stream: "yes" } }),
    expected: ["BadRequestError", 400, "request.invalid", "stream"],
  },
  {
    name: "an endpoint that is not there",
    ask: (client) => client.post("/nothing", { body: {} }),
    expected: ["NotFoundError", 404, "request.not_found", null],
  },
  {
    name: "a method that is not there",
    ask: (client) => client.put("/chat/completions", { body: {} }),
    expected: ["APIError", 405, "request.method_not_allowed", null],
  },
];

interface Ours {
  readonly name: string;
  readonly ask: (client: OpenAI) => PromiseLike<unknown>;
  /** Class, status, code and param. */
  readonly expected: readonly [string, number, string, string | null];
}

suite("what the gateway itself refuses has the class that OpenAI's own refusal has", () => {
  for (const { name, ask, expected } of ours) {
    test(name, async () => {
      const client = await through();
      const error = await exceptionOf(() => ask(client));
      const { class: className, status, code, param, type, message } = described(error);
      assert.deepEqual([className, status, code, param], expected);
      assert.equal(type, "invalid_request_error");
      assert.ok(String(message).startsWith(`${status} `));
      assert.ok(error instanceof OpenAI.APIError && error.requestID);
    });
  }

  test("a base URL without /v1 is told so", async () => {
    const { secret } = await plane().issue();
    const client = plane().client(secret, "");
    const error = await exceptionOf(() => client.chat.completions.create(request));
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "request.not_found");
    assert.match(error.message, /ends in \/v1/);
  });

  test("a model that the key may not use", async () => {
    const models = { allow: ["other"], deny: [] };
    const permissions = { endpoints: ["*"], models, ipRanges: [] };
    const { secret } = await plane().issue({ permissions });
    const client = await through({ apiKey: secret });
    const error = await exceptionOf(() => client.chat.completions.create(request));
    assert.ok(error instanceof OpenAI.PermissionDeniedError);
    assert.equal(error.code, "model_not_allowed");
  });
});

const chunk = `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: { content: "a" } }] })}\n\n`;

/** One chunk, then an end that is none. */
const inTheMiddle =
  (last: string | undefined): UpstreamScript =>
  async ({ head, write, end, cut }) => {
    head(200, { "content-type": "text/event-stream" });
    await write(chunk);
    if (last === undefined) return cut();
    await write(last);
    end();
  };

async function chunksAndFailure(client: OpenAI) {
  let chunks = 0;
  try {
    const stream = await client.chat.completions.create({ ...request, stream: true });
    for await (const each of stream) chunks += each.choices.length;
  } catch (error) {
    return { chunks, failure: error instanceof Error ? error.message : String(error) };
  }
  return { chunks, failure: undefined };
}
