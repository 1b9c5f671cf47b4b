import assert from "node:assert/strict";
import { test } from "node:test";
import { chatExchanges, type Exchange, needsCassettes } from "../../../test/support/cassettes.ts";
import { callWith, collect, routeTo, startForwarding } from "../../../test/support/forwarding.ts";
import { startUpstream } from "../../../test/support/upstream.ts";

const providerByHost: Record<string, string> = {
  "api.openai.com": "openai",
  "api.deepseek.com": "deepseek",
  "api.groq.com": "groq",
  "api.mistral.ai": "mistral",
  "openrouter.ai": "openrouter",
};

const exchanges = chatExchanges();
/** Recorded bodies were decoded, so what spoke of their encoding or length is not replayed. */
const notReplayed = new Set([
  "content-length",
  "transfer-encoding",
  "content-encoding",
  "connection",
]);
const chunkBytes = 997;

test("what was recorded of real providers passes byte for byte", needsCassettes, async (t) => {
  assert.ok(exchanges.length > 80, `only ${exchanges.length} exchanges were found`);
  let played: Exchange | undefined;
  const upstream = await startUpstream(async ({ head, write, end }) => {
    assert.ok(played);
    const kept = Object.entries(played.headers).filter(([name]) => !notReplayed.has(name));
    head(played.status, Object.fromEntries(kept));
    for (let at = 0; at < played.body.length; at += chunkBytes) {
      await write(played.body.subarray(at, at + chunkBytes));
    }
    end();
  }, t);
  const routes = [...new Set(["openai-compatible", ...Object.values(providerByHost)])].map(
    (provider) =>
      routeTo(upstream.baseUrl, {
        channelId: provider,
        provider,
        anyName: false,
        models: [{ name: provider, upstreamName: provider }],
      }),
  );
  const { client } = await startForwarding({ test: t, routes });
  for (const exchange of exchanges) {
    played = exchange;
    const request = {
      endpoint: "chat.completions",
      model: providerByHost[new URL(exchange.url).host] ?? "openai-compatible",
      stream: exchange.isStream,
      headers: [],
      body: exchange.requestBody,
    };
    const got = await collect(client.forward(request, callWith()));
    assert.equal(got.status, exchange.status, exchange.name);
    assert.equal(got.body, exchange.body.toString(), exchange.name);
    assert.equal(got.headers["content-type"], exchange.headers["content-type"], exchange.name);
    assert.deepEqual(upstream.ledger.at(-1)?.body, exchange.requestBody, exchange.name);
    const failed = exchange.status >= 400 || exchange.body.includes("event: error\n");
    assert.equal(got.outcome, failed ? "upstream_error" : "ok", exchange.name);
    const reported = /"prompt_tokens":\s*(\d+)/g;
    const counts = [...exchange.body.toString().matchAll(reported)].map(([, count]) =>
      Number(count),
    );
    if (counts.length > 0) assert.ok(counts.includes(got.usage?.inputTokens ?? -1), exchange.name);
    for (const name of Object.keys(got.headers)) {
      assert.doesNotMatch(name, /cookie|organization|project|alt-svc|strict|nel|report|etag/);
    }
  }
});
