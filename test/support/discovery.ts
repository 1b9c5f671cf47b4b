import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createLog } from "../../common/log.ts";
import { createLocalClient } from "../../common/rpc/local.ts";
import type { Client } from "../../common/rpc/service.ts";
import { RouteTableSchema } from "../../gen/rpc/model/model_pb.ts";
import { OpenAIService } from "../../gen/rpc/openai/openai_pb.ts";
import { OpenAIConfig } from "../../rpc/openai/config.ts";
import { createOpenAIContext, type OpenAIContext } from "../../rpc/openai/context.ts";
import { createOpenAIMethods } from "../../rpc/openai/methods.ts";
import { admin, secrets } from "./models.ts";

/** A channel that asks its upstream for its models. */
export const discovered = (baseUrl: string) => ({
  actor: admin,
  name: baseUrl,
  provider: "openai",
  baseUrl,
  enabled: true,
  modelSource: "discover",
  allowPrivateNetwork: true,
});

/** The real openai service, whose routes come from nowhere: it is only asked to probe. */
export function useProbing(): () => Client<typeof OpenAIService> {
  let context: OpenAIContext | undefined;
  before(() => {
    context = createOpenAIContext({
      config: OpenAIConfig.parse({}),
      parts: {
        log: createLog({ level: "silent", format: "json" }, "test"),
        now: Date.now,
        events: { publish: async () => {}, subscribe: async () => ({ close() {} }) },
        secrets,
      },
      model: {
        async *watchRoutes(_request, { signal }) {
          yield create(RouteTableSchema);
          if (!signal.aborted) await once(signal, "abort");
        },
      },
    });
  });
  after(() => context?.close());
  return () =>
    createLocalClient(OpenAIService, () => {
      if (!context) throw new Error("the suite has not started");
      return createOpenAIMethods(context);
    });
}

interface Play {
  status: number;
  body: string;
  held: Promise<void>;
  asked: PromiseWithResolvers<void>;
  count: number;
  credential: string | undefined;
}

/** An upstream whose `/<name>/models` answers as told. */
export function useNamingUpstream() {
  const plays = new Map<string, Play>();
  const play = (name: string): Play => {
    const existing = plays.get(name);
    if (existing) return existing;
    const asked = Promise.withResolvers<void>();
    const held = Promise.resolve();
    const fresh = { status: 404, body: "", held, asked, count: 0, credential: undefined };
    plays.set(name, fresh);
    return fresh;
  };
  const server = createServer(async (request, response) => {
    const playing = play(request.url?.split("/")[1] ?? "");
    playing.count++;
    playing.credential = request.headers.authorization;
    playing.asked.resolve();
    await playing.held;
    response.writeHead(playing.status, { "content-type": "application/json" }).end(playing.body);
  });
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const set = (name: string, status: number, body: unknown) =>
    Object.assign(play(name), { status, body: JSON.stringify(body) });
  return () => ({
    url: (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
    names: (name: string, models: string[]) =>
      set(name, 200, { object: "list", data: models.map((id) => ({ id, object: "model" })) }),
    fails: (name: string, status: number, message: string) =>
      set(name, status, { error: { message } }),
    /** Lets whoever asks wait until the returned function is called. */
    hold: (name: string) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      play(name).held = promise;
      return resolve;
    },
    asked: (name: string) => play(name).asked.promise,
    count: (name: string) => play(name).count,
    credential: (name: string) => play(name).credential,
  });
}

/** For what no watch tells of. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
