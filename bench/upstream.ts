import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A provider that answers at once: a fixed chat completion, `chunks` streamed events, or for the user
 * "hold" one event of a stream that goes no further.
 */
const chunks = Number(process.argv[2] ?? 100);

const answer = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "bench",
  choices: [
    { index: 0, message: { role: "assistant", content: "x".repeat(400) }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 60, completion_tokens: 100, total_tokens: 160 },
});

const event = (delta: object, extra: object = {}) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "bench",
    choices: [{ index: 0, delta, finish_reason: null }],
    ...extra,
  })}\n\n`;

const word = event({ content: " gateway" });
const usage = event({}, { choices: [], usage: { prompt_tokens: 60, completion_tokens: chunks } });

const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  if (body.includes('"user":"hold"')) return hold(response);
  if (body.includes('"stream":true')) return stream(response, body.includes("include_usage"));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(answer);
});

/** One event a write and a turn of the event loop, so that each travels by itself. */
async function stream(response: ServerResponse, withUsage: boolean) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let sent = 0; sent < chunks; sent++) {
    response.write(word);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end(`${withUsage ? usage : ""}data: [DONE]\n\n`);
}

/** One event, and then nothing until the caller leaves. */
function hold(response: ServerResponse) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(word);
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
