import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { unrestricted } from "../../common/access/access.ts";
import { startAllInOne } from "../../compose/all-in-one.ts";
import { AllInOneConfig } from "../../compose/all-in-one-config.ts";
import { chatExchanges, type Exchange, needsCassettes } from "../support/cassettes.ts";
import { call } from "../support/data-plane.ts";
import { recordLog } from "../support/edge.ts";
import { postRaw } from "../support/raw-http.ts";
import { startUpstream, type TestUpstream } from "../support/upstream.ts";
import { type Cut, cuts } from "./cuts.ts";
import { recordedUsage } from "./recorded-usage.ts";

/** Whoever is not listed speaks plain OpenAI. */
const providers: Readonly<Record<string, string>> = {
  "api.deepseek.com": "deepseek",
  "api.groq.com": "groq",
  "api.mistral.ai": "mistral",
  "openrouter.ai": "openrouter",
};
const providerOf = ({ url }: Exchange) => providers[new URL(url).host] ?? "openai";

/** Recordings hold decoded bodies, so what spoke of encoding, length and connection is not replayed. */
const notReplayed = /^(?:content-length|transfer-encoding|content-encoding|connection)$/;
/** Whatever else an answer of a provider brings is about our account or its own infrastructure. */
const mayPass =
  /^(?:content-type|retry-after(?:-ms)?|x-should-retry|openai-processing-ms|openai-version|mistral-correlation-id|(?:x-)?ratelimit.*)$/;
/** What an answer carries that is ours, or the connection's. */
const ours =
  /^(?:x-request-id|x-upstream-request-id|date|connection|keep-alive|transfer-encoding|content-length|cache-control|x-content-type-options)$/;

const exchanges = chatExchanges();
const modelOf = ({ requestBody }: Exchange): string | undefined =>
  /"model":\s*"([^"]+)"/.exec(requestBody.toString())?.[1];
const whyNot = (exchange: Exchange): string | undefined =>
  modelOf(exchange) === undefined ? "the recording lacks the request's body" : undefined;

suite("recorded providers through a whole router", needsCassettes, () => {
  let upstream: TestUpstream;
  let router: Awaited<ReturnType<typeof startRouter>>;
  let played: { exchange: Exchange; cut: Cut };

  before(async () => {
    upstream = await startUpstream(async ({ head, write, end }) => {
      const { exchange, cut } = played;
      const kept = Object.entries(exchange.headers).filter(([name]) => !notReplayed.test(name));
      head(exchange.status, Object.fromEntries(kept));
      for (const piece of cut(exchange.body)) await write(piece);
      end();
    });
    router = await startRouter(upstream);
  });
  after(async () => {
    await router?.stop();
    await upstream?.close();
  });

  const ask = (base: string, secret: string, { requestBody }: Exchange) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
    return postRaw(`${base}/chat/completions`, headers, requestBody);
  };

  for (const exchange of exchanges) {
    const skip = whyNot(exchange) ?? false;
    test(`${exchange.name} is the same with and without us`, { skip }, async () => {
      played = { exchange, cut: cuts.whole };
      const direct = await ask(upstream.baseUrl, "any", exchange);
      assert.deepEqual(direct.body, exchange.body);
      for (const [name, cut] of Object.entries(cuts)) {
        played = { exchange, cut };
        const through = await ask(`${router.url}/v1`, router.secret, exchange);
        assert.equal(through.status, direct.status);
        assert.ok(through.body.equals(direct.body), `the body differs when cut: ${name}`);
        assertHeaders(through.headers, direct.headers);
        assert.deepEqual(upstream.ledger.at(-1)?.body, exchange.requestBody);
        await assertUsage(through.headers["x-request-id"], exchange);
      }
    });
  }

  const assertUsage = async (requestId: string | undefined, exchange: Exchange) => {
    const line = await router.next(
      (each) => each["msg"] === "request" && each["requestId"] === requestId,
    );
    const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = line;
    assert.deepEqual(
      { inputTokens, outputTokens, cachedInputTokens, reasoningTokens },
      recordedUsage(exchange),
    );
  };

  test("nearly every recording can be replayed", () => {
    const replayed = exchanges.filter((exchange) => !whyNot(exchange));
    assert.ok(exchanges.length >= 84, `${exchanges.length} recorded exchanges were found`);
    assert.ok(replayed.length >= 83, `${replayed.length} of ${exchanges.length} can be replayed`);
    const counted = replayed.filter((each) => recordedUsage(each).inputTokens !== undefined);
    assert.ok(counted.length >= 70, `${counted.length} recordings tell their usage`);
  });
});

function assertHeaders(
  through: Readonly<Record<string, string>>,
  direct: Readonly<Record<string, string>>,
) {
  for (const [name, value] of Object.entries(direct)) {
    if (mayPass.test(name)) assert.equal(through[name], value, name);
  }
  for (const name of Object.keys(through)) {
    assert.ok(mayPass.test(name) || ours.test(name), `${name} must not pass`);
  }
}

/** A router with one channel for each recorded provider, and its log. */
async function startRouter(upstream: TestUpstream) {
  const { log, next } = recordLog();
  const data = await mkdtemp(join(tmpdir(), "apirouter-cassettes-"));
  const config = AllInOneConfig.parse({
    data,
    port: 0,
    gateway: { drainAcceptMs: 0, drainStreamsMs: 0 },
    user: { hashing: { bcryptCost: 4 } },
    model: { channels: channelsTo(upstream) },
  });
  const { services, url, stop } = await startAllInOne(config, log);
  const { user } = await services.user.register(
    { username: "owner", email: "o@example.com", password: "long enough", loopbackListener: true },
    call,
  );
  const { secret } = await services.apikey.generateApiKey(
    { userId: user?.id ?? "", name: "a key", ownerPermissions: unrestricted },
    call,
  );
  return {
    url,
    secret,
    next,
    stop: async () => {
      await stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

const channelsTo = (upstream: TestUpstream) =>
  [...new Set(exchanges.map(providerOf))].map((provider) => ({
    name: provider,
    provider,
    baseUrl: upstream.baseUrl,
    credential: "upstream-credential",
    modelSource: "list" as const,
    models: [
      ...new Set(exchanges.filter((each) => providerOf(each) === provider).flatMap(modelsOf)),
    ],
    allowPrivateNetwork: true,
  }));

const modelsOf = (exchange: Exchange): string[] =>
  modelOf(exchange) ? [modelOf(exchange) ?? ""] : [];
