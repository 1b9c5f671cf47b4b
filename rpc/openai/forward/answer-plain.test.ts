import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callWith,
  chat,
  collect,
  routeTo,
  startForwarding,
  upstreamCredential,
} from "../../../test/support/forwarding.ts";
import { answerJson, answerStream, startUpstream } from "../../../test/support/upstream.ts";

const question = { model: "gpt-x", messages: [{ role: "user", content: "naïve" }], unknown: [1.0] };

test("body bytes reach the upstream as they came, the answer's bytes the caller", async (t) => {
  const answer = '{"id":"1", "choices":[],"unknown":{"é":1.50},"usage":{"prompt_tokens":3}}';
  const upstream = await startUpstream(answerJson(200, answer), t);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  const body = '{ "model":"gpt-x" ,\r\n"messages":[],"big":1.000000000000000000001}';
  const got = await collect(client.forward(chat(body), callWith()));
  assert.deepEqual([got.status, got.body, got.outcome], [200, answer, "ok"]);
  assert.equal(got.headers["content-length"], String(Buffer.byteLength(answer)));
  assert.equal(got.usage?.inputTokens, 3);
  const [entry] = upstream.ledger;
  assert.equal(entry?.body.toString(), body);
  assert.equal(entry?.path, "/v1/chat/completions");
});

test("a mapped model changes nothing but the model's name", async (t) => {
  const upstream = await startUpstream(answerJson(200, {}), t);
  const models = [{ name: "alias", upstreamName: 'real "x"' }];
  const routes = [routeTo(upstream.baseUrl, { anyName: false, models })];
  const { client } = await startForwarding({ test: t, routes });
  const got = await collect(client.forward(chat('{"a":1, "model": "alias" ,"b":2}'), callWith()));
  assert.equal(upstream.ledger[0]?.body.toString(), '{"a":1, "model": "real \\"x\\"" ,"b":2}');
  assert.equal(got.upstreamModel, 'real "x"');
});

test("a listed name goes before any name, and the oldest channel first", async (t) => {
  const any = await startUpstream(answerJson(200, { from: "any" }), t);
  const listed = await startUpstream(answerJson(200, { from: "listed" }), t);
  const models = [{ name: "m1" }];
  const routes = [
    routeTo(any.baseUrl, { channelId: "a" }),
    routeTo(listed.baseUrl, { channelId: "b", anyName: false, models }),
    routeTo(any.baseUrl, { channelId: "c", anyName: false, models }),
  ];
  const { client } = await startForwarding({ test: t, routes });
  const from = async (model: string) =>
    (await collect(client.forward(chat({ model }), callWith()))).body;
  assert.equal(await from("m1"), '{"from":"listed"}');
  assert.equal(await from("m2"), '{"from":"any"}');
});

test("a name that nobody serves is OpenAI's model_not_found", async (t) => {
  const routes = [routeTo("http://127.0.0.1:1", { anyName: false, models: [{ name: "m" }] })];
  const { client } = await startForwarding({ test: t, routes });
  await assert.rejects(collect(client.forward(chat({ model: "nope" }), callWith())), {
    code: "model_not_found",
    message: "The model `nope` does not exist or you do not have access to it.",
  });
});

test("the upstream gets its own credential and, of the caller's headers, only those that may travel", async (t) => {
  const upstream = await startUpstream(answerJson(200, {}), t);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  const headers = Object.entries({
    authorization: "Bearer sk-ar-caller",
    "x-api-key": "sk-ar-caller",
    cookie: "session=1",
    "x-forwarded-for": "10.0.0.1",
    "accept-encoding": "gzip",
    "openai-organization": "org-caller",
    "user-agent": "OpenAI/JS",
    "idempotency-key": "idem-1",
    "openai-beta": "assistants=v2",
  }).map(([name, value]) => ({ name, value }));
  await collect(client.forward({ ...chat(question), headers }, callWith()));
  const { host: _, connection: __, "content-length": ___, ...got } = upstream.ledger[0]!.headers;
  assert.deepEqual(got, {
    authorization: `Bearer ${upstreamCredential}`,
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "OpenAI/JS",
    "idempotency-key": "idem-1",
    "openai-beta": "assistants=v2",
  });
});

test("an upstream's error passes with status, body and what a client needs to act on it", async (t) => {
  const body = { error: { message: "slow down", type: "requests", param: null, code: "rl" } };
  const headers = {
    "retry-after": "7",
    "retry-after-ms": "7000",
    "x-should-retry": "true",
    "x-ratelimit-limit-requests": "60",
    "x-request-id": "req_up",
    "openai-processing-ms": "12",
    "openai-version": "2020-10-01",
    "openai-organization": "org-secret",
    "openai-project": "proj-secret",
    "set-cookie": ["a=1", "b=2"],
    server: "cloudflare",
    "cf-ray": "1",
    "alt-svc": "h3",
    "strict-transport-security": "max-age=1",
    connection: "keep-alive, x-ratelimit-nominated",
    "x-ratelimit-nominated": "hop",
  };
  for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 503]) {
    for (const stream of [false, true]) {
      const upstream = await startUpstream(answerJson(status, body, headers), t);
      const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
      const got = await collect(client.forward(chat(question, stream), callWith()));
      assert.equal(got.status, status);
      assert.equal(got.body, JSON.stringify(body));
      assert.equal(got.outcome, "upstream_error");
      assert.deepEqual(got.headers, {
        "content-type": "application/json",
        "content-length": String(JSON.stringify(body).length),
        "retry-after": "7",
        "retry-after-ms": "7000",
        "x-should-retry": "true",
        "x-ratelimit-limit-requests": "60",
        "x-upstream-request-id": "req_up",
        "openai-processing-ms": "12",
        "openai-version": "2020-10-01",
      });
    }
  }
});

test("an upstream that quotes our credential does not give it to the caller", async (t) => {
  const body = { error: { message: `Incorrect API key provided: ${upstreamCredential}.` } };
  const upstream = await startUpstream(answerJson(401, body), t);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  const got = await collect(client.forward(chat(question), callWith()));
  assert.equal(got.body, '{"error":{"message":"Incorrect API key provided: ***."}}');
});

test("a redirect is neither followed nor passed on", async (t) => {
  const other = await startUpstream(answerJson(200, {}), t);
  const headers = { location: `${other.baseUrl}/chat/completions` };
  for (const status of [301, 302, 303, 307, 308]) {
    const upstream = await startUpstream(answerJson(status, "", headers), t);
    const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
    await assert.rejects(collect(client.forward(chat(question), callWith())), {
      code: "upstream.bad_response",
    });
  }
  assert.equal(other.ledger.length, 0);
});

test("an answer that breaks off is an error and not half an answer", async (t) => {
  const upstream = await startUpstream(async ({ head, write, cut }) => {
    head(200, { "content-type": "application/json", "content-length": "100" });
    await write('{"id":');
    cut();
  }, t);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  await assert.rejects(collect(client.forward(chat(question), callWith())), {
    code: "upstream.truncated",
  });
});

test("an answer too long to hold flows on, and says in the end that it broke off", async (t) => {
  const upstream = await startUpstream(async ({ head, write, cut }) => {
    head(200, { "content-type": "application/json", "content-length": "1000" });
    await write("x".repeat(200));
    cut();
  }, t);
  const config = { answerHoldBytesMax: 100 };
  const routes = [routeTo(upstream.baseUrl)];
  const { client } = await startForwarding({ test: t, routes, config });
  const got = await collect(client.forward(chat(question), callWith()));
  assert.deepEqual([got.status, got.outcome, got.body.length], [200, "upstream_truncated", 200]);
  assert.equal(got.headers["content-length"], "1000");
});

test("a compressed answer passes as it is, with the header that says so", async (t) => {
  const bytes = Buffer.from([0x1f, 0x8b, 0xff, 0x00, 0x80]);
  const upstream = await startUpstream(({ response }) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(bytes);
  }, t);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  for (const stream of [false, true]) {
    const parts: Uint8Array[] = [];
    let encoding = "";
    for await (const { event } of client.forward(chat(question, stream), callWith())) {
      if (event.case === "data") parts.push(event.value);
      if (event.case === "head") {
        encoding = event.value.headers.find(({ name }) => name === "content-encoding")?.value ?? "";
      }
    }
    assert.deepEqual([Buffer.concat(parts), encoding], [bytes, "gzip"]);
  }
});

test("an upstream that nobody answers for, or that hangs up, is unreachable", async (t) => {
  const hangsUp = await startUpstream(({ cut }) => cut(), t);
  const gone = await startUpstream();
  await gone.close();
  for (const { baseUrl } of [hangsUp, gone]) {
    const { client } = await startForwarding({ test: t, routes: [routeTo(baseUrl)] });
    await assert.rejects(collect(client.forward(chat(question), callWith())), {
      code: "upstream.unreachable",
    });
  }
});

test("an upstream that does not answer in time is a timeout and is let go", async (t) => {
  const upstream = await startUpstream(() => {}, t);
  const config = { firstByteTimeoutMs: 50 };
  const routes = [routeTo(upstream.baseUrl)];
  const { client } = await startForwarding({ test: t, routes, config });
  const aborted = upstream.received().then(({ receivedAt }) => receivedAt);
  await assert.rejects(collect(client.forward(chat(question), callWith())), {
    code: "upstream.timeout",
  });
  await aborted;
});

test("a body that falls silent is a timeout", async (t) => {
  const upstream = await startUpstream(async ({ head, write }) => {
    head(200, { "content-type": "application/json" });
    await write('{"id"');
  }, t);
  const config = { idleTimeoutMs: 50 };
  const routes = [routeTo(upstream.baseUrl)];
  const { client } = await startForwarding({ test: t, routes, config });
  await assert.rejects(collect(client.forward(chat(question), callWith())), {
    code: "upstream.timeout",
  });
});

test("a stream that comes to a plain request is put together", async (t) => {
  const chunk = (choices: unknown[], more = {}) =>
    `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "x", choices, ...more })}\n\n`;
  const call = (index: number, fields: object) => ({ tool_calls: [{ index, ...fields }] });
  const chunks = [
    ": hello\n\n",
    chunk([{ index: 1, delta: { role: "assistant", content: "zwei" }, finish_reason: null }]),
    chunk([{ index: 0, delta: { role: "assistant", content: "ei" }, finish_reason: null }]),
    chunk([{ index: 0, delta: { content: "ns" }, logprobs: { content: [{ token: "ns" }] } }]),
    chunk([
      {
        index: 0,
        delta: call(0, { id: "a", type: "function", function: { name: "f", arguments: "" } }),
      },
    ]),
    chunk([{ index: 0, delta: call(0, { id: "a", function: { arguments: '{"x":' } }) }]),
    chunk([{ index: 0, delta: call(1, { id: "b", function: { name: "g", arguments: "{}" } }) }]),
    chunk([{ index: 0, delta: call(0, { function: { arguments: "1}" } }) }]),
    chunk([{ index: 0, delta: {}, finish_reason: "tool_calls" }]),
    chunk([{ index: 1, delta: {}, finish_reason: "stop" }]),
    chunk([], { usage: { prompt_tokens: 1, completion_tokens: 2 } }),
    "data: [DONE]\n\n",
  ];
  const upstream = await startUpstream(answerStream(chunks), t);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  const got = await collect(client.forward(chat(question), callWith()));
  assert.equal(got.headers["content-type"], "application/json");
  assert.equal(got.usage?.outputTokens, 2);
  const completion = JSON.parse(got.body);
  assert.equal(completion.object, "chat.completion");
  assert.deepEqual(
    completion.choices.map((choice: { message: { content: string } }) => choice.message.content),
    ["eins", "zwei"],
  );
  assert.deepEqual(completion.choices[0].message.tool_calls, [
    { id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
    { id: "b", function: { name: "g", arguments: "{}" } },
  ]);
  assert.deepEqual(completion.choices[0].logprobs, { content: [{ token: "ns" }] });

  upstream.play(answerStream(chunks.slice(0, 4)));
  await assert.rejects(collect(client.forward(chat(question), callWith())), {
    code: "upstream.truncated",
  });
  upstream.play(answerStream([chunks[1]!, 'data: {"error":{"message":"no","code":429}}\n\n']));
  const failed = await collect(client.forward(chat(question), callWith()));
  assert.deepEqual([failed.status, JSON.parse(failed.body).error.message], [429, "no"]);
});

test("bodies that are no JSON pass, whatever they are", async (t) => {
  const upstream = await startUpstream(
    answerJson(200, "hello", { "content-type": "text/plain" }),
    t,
  );
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  const got = await collect(client.forward(chat(question), callWith()));
  assert.deepEqual(
    [got.body, got.headers["content-type"], got.usage],
    ["hello", "text/plain", undefined],
  );
});
