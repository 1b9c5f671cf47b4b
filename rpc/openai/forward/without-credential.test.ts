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
import {
  answerJson,
  answerStream,
  startUpstream,
  type UpstreamScript,
} from "../../../test/support/upstream.ts";

const refusal = { error: { message: `Incorrect API key: ${upstreamCredential}.`, code: "c" } };
const event = `data: ${JSON.stringify(refusal)}`;
const echoes: Readonly<Record<string, UpstreamScript>> = {
  "an error": answerJson(401, refusal),
  "an error with a status of success": answerJson(200, refusal),
  "an event": answerStream([`${event}\n\n`]),
  "a last event without its blank line": answerStream([event]),
  "an event in many pieces": answerStream([`${event}\n\n`.slice(0, 40), `${event}\n\n`.slice(40)]),
};

for (const [name, script] of Object.entries(echoes)) {
  for (const stream of [false, true]) {
    test(`a credential quoted in ${name} does not reach the caller (stream: ${stream})`, async (t) => {
      const upstream = await startUpstream(script, t);
      const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
      const answer = await collect(client.forward(chat({ model: "m" }, stream), callWith()));
      assert.ok(!JSON.stringify(answer).includes(upstreamCredential), answer.body);
      assert.match(answer.body, /Incorrect API key: \*\*\*\./);
    });
  }
}
