import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../common/errors.ts";
import { createLocalEvents } from "../../common/events/local-events.ts";
import { createLog } from "../../common/log.ts";
import type { Call } from "../../common/rpc/call.ts";
import { createLocalClient } from "../../common/rpc/local.ts";
import type { Client } from "../../common/rpc/service.ts";
import { seal } from "../../common/seal.ts";
import { type RouteSchema, RouteTableSchema } from "../../gen/rpc/model/model_pb.ts";
import { type ForwardResponse, OpenAIService, type Usage } from "../../gen/rpc/openai/openai_pb.ts";
import { OpenAIConfig } from "../../rpc/openai/config.ts";
import { createOpenAIContext, type OpenAIContext } from "../../rpc/openai/context.ts";
import { createOpenAIMethods } from "../../rpc/openai/methods.ts";

type RouteInit = MessageInitShape<typeof RouteSchema>;

/** The secret that the test routes carry; it must reach the upstream and nobody else. */
export const upstreamCredential = "sk-upstream-canary-credential";

export const masterKey = Buffer.alloc(32, 7);

export interface Forwarding {
  readonly client: Client<typeof OpenAIService>;
  readonly context: OpenAIContext;
}

export interface ForwardingOptions {
  readonly test: Pick<TestContext, "after">;
  readonly routes: readonly RouteInit[];
  readonly config?: Partial<OpenAIConfig>;
}

/** The openai service in this process, with the routes given. */
export async function startForwarding(options: ForwardingOptions): Promise<Forwarding> {
  const context = createOpenAIContext({
    config: OpenAIConfig.parse(options.config ?? {}),
    parts: {
      log: createLog({ level: "silent", format: "json" }, "test"),
      now: Date.now,
      events: createLocalEvents(),
      secrets: { masterKey },
    },
    model: {
      async *watchRoutes(_request, { signal }) {
        yield create(RouteTableSchema, { routes: [...options.routes] });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  });
  options.test.after(() => context.close());
  await context.ready;
  const methods = createOpenAIMethods(context);
  return { client: createLocalClient(OpenAIService, () => methods), context };
}

/** A route to an upstream on this machine that takes any model name. */
export const routeTo = (baseUrl: string, route: RouteInit = {}): RouteInit => ({
  channelId: "channel-1",
  provider: "openai",
  baseUrl,
  anyName: true,
  allowPrivateNetwork: true,
  sealedCredential: seal(
    masterKey,
    Buffer.from(upstreamCredential),
    route.channelId ?? "channel-1",
  ),
  ...route,
});

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  outcome: string;
  usage: Usage | undefined;
  upstreamModel: string;
  /** The bytes of each message. */
  parts: string[];
}

export const chat = (body: object | string, stream = false) => {
  const text =
    typeof body === "string" ? body : JSON.stringify({ ...body, ...(stream && { stream }) });
  const model = /"model":\s*"([^"]*)"/.exec(text)?.[1] ?? "m";
  return { endpoint: "chat.completions", model, stream, headers: [], body: Buffer.from(text) };
};

export const callWith = (signal: AbortSignal = new AbortController().signal): Call => ({
  requestId: "test",
  signal,
});

/** Everything that one forward says, put together. */
export async function collect(messages: AsyncIterable<ForwardResponse>): Promise<Answer> {
  const answer: Answer = {
    ...{ status: 0, headers: {}, body: "", outcome: "", usage: undefined, upstreamModel: "" },
    parts: [],
  };
  const chunks: Uint8Array[] = [];
  for await (const { event } of messages) {
    if (event.case === "head") {
      answer.status = event.value.status;
      answer.upstreamModel = event.value.upstreamModel;
      for (const { name, value } of event.value.headers) answer.headers[name] = value;
    } else if (event.case === "data") {
      chunks.push(event.value);
      answer.parts.push(Buffer.from(event.value).toString());
    } else if (event.case === "end") {
      answer.outcome = event.value.outcome;
      answer.usage = event.value.usage;
    }
  }
  answer.body = Buffer.concat(chunks).toString();
  return answer;
}

/** The barest HTTP front, for clients that speak HTTP. Returns its base URL. */
export async function serveForwarding(
  { client }: Forwarding,
  test: Pick<TestContext, "after">,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const leaving = new AbortController();
    response.on("close", () => leaving.abort());
    const stream = /"stream":\s*true/.test(text);
    try {
      const answers = client.forward(chat(text, stream), callWith(leaving.signal));
      for await (const answer of answers) await writeTo(response, answer);
      response.end();
    } catch (error) {
      const { status, message, code } = AppError.from(error);
      if (response.headersSent) response.destroy();
      else {
        response.writeHead(status.http, { "content-type": "application/json" });
        response.end(
          JSON.stringify({ error: { message, type: status.openai, param: null, code } }),
        );
      }
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function writeTo(response: ServerResponse, { event }: ForwardResponse) {
  if (event.case === "head") {
    const headers = event.value.headers.map(({ name, value }): [string, string] => [name, value]);
    response.writeHead(event.value.status, Object.fromEntries(headers));
  } else if (event.case === "data" && !response.write(event.value)) {
    await new Promise<void>((resolve) => {
      response.once("drain", resolve);
      response.once("close", resolve);
    });
  }
}
