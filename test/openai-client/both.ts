import assert from "node:assert/strict";
import OpenAI, { type ClientOptions } from "openai";
import { type DataPlane, useDataPlane } from "../support/data-plane.ts";
import type { LedgerEntry, TestUpstream, UpstreamScript } from "../support/upstream.ts";

/** What a scenario is played on: the official client, and the upstream that it reaches. */
export interface Side {
  readonly client: OpenAI;
  readonly upstream: TestUpstream;
  /** What this scenario has sent to the upstream so far. */
  sent(): LedgerEntry[];
}

export interface Scenario<Seen> {
  /** Made anew for each side, as a script may count its requests. */
  readonly script: () => UpstreamScript;
  /** What the client's user sees; an exception is part of it. */
  readonly run: (side: Side) => Promise<Seen>;
  readonly options?: Partial<ClientOptions>;
}

/** What one side came to: what its user saw, and what the upstream got. */
export interface Played<Seen> {
  readonly seen: Seen;
  readonly requests: LedgerEntry[];
}

export interface Both<Seen> {
  readonly direct: Played<Seen>;
  readonly through: Played<Seen>;
}

/**
 * Plays scenarios with the official client as the judge: straight at an upstream, and at the same
 * upstream through a whole router.
 */
export function useBoth(gateway: Parameters<typeof useDataPlane>[0] = {}) {
  const plane = useDataPlane(gateway);
  let secret: Promise<string> | undefined;
  /** The official client as a person with a key of ours uses it. */
  const through = async (options: Partial<ClientOptions> = {}) => {
    secret ??= plane()
      .issue()
      .then((key) => key.secret);
    const baseURL = `${plane().router.url}/v1`;
    return new OpenAI({ apiKey: await secret, baseURL, maxRetries: 0, ...options });
  };
  const playBoth = async <Seen>(scenario: Scenario<Seen>): Promise<Both<Seen>> => ({
    direct: await play(directClient(plane(), scenario.options), plane(), scenario),
    through: await play(await through(scenario.options), plane(), scenario),
  });
  return { plane, through, playBoth };
}

const directClient = ({ upstream }: DataPlane, options: Partial<ClientOptions> = {}) =>
  new OpenAI({
    apiKey: "upstream-credential",
    baseURL: upstream.baseUrl,
    maxRetries: 0,
    ...options,
  });

async function play<Seen>(
  client: OpenAI,
  { upstream }: DataPlane,
  { script, run }: Scenario<Seen>,
): Promise<Played<Seen>> {
  const before = upstream.ledger.length;
  upstream.play(script());
  const sent = () => upstream.ledger.slice(before);
  const seen = await run({ client, upstream, sent });
  return { seen, requests: sent() };
}

/** The same was seen, and the upstream got the same requests. */
export function assertSame<Seen>({ direct, through }: Both<Seen>): Seen {
  assert.deepEqual(through.seen, direct.seen);
  assert.deepEqual(through.requests.map(asSent), direct.requests.map(asSent));
  return direct.seen;
}

/** The one thing that may be spliced into a request, so that a stream's usage is known. */
const splices = [
  '"stream_options":{"include_usage":true},',
  ',"stream_options":{"include_usage":true}',
];

/** A stream's request may differ in that one splice; all other bytes are the client's. */
export function assertSameButUsage<Seen>({ direct, through }: Both<Seen>): Seen {
  assert.deepEqual(through.seen, direct.seen);
  assert.equal(through.requests.length, direct.requests.length);
  for (const [index, { body }] of direct.requests.entries()) {
    const got = through.requests[index]?.body.toString() ?? "";
    assert.ok(
      splices.some((splice) => got.replace(splice, "") === body.toString()),
      `${got} is not ${body} with usage asked for`,
    );
  }
  return direct.seen;
}

/** What of a request has to reach the upstream as the client wrote it. */
const asSent = ({ method, path, headers, body }: LedgerEntry) => ({
  method,
  path,
  body: body.toString(),
  headers: Object.fromEntries(
    ["authorization", "accept", "content-type", "user-agent"].map((name) => [name, headers[name]]),
  ),
});

/** What an exception says to a program that catches it. */
export function described(error: unknown) {
  assert.ok(error instanceof OpenAI.OpenAIError, String(error));
  const { name, status, code, type, param, message } = Object.assign(
    { status: undefined, code: undefined, type: undefined, param: undefined },
    error,
    { message: error.message, name: error.name },
  );
  return { class: error.constructor.name, name, status, code, type, param, message };
}

/** The exception that a call ends with, and nothing else will do. */
export async function exceptionOf(call: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return assert.fail("no exception was raised");
}
