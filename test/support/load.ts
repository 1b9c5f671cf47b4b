import { setTimeout as sleep } from "node:timers/promises";
import { createBalancer } from "./balancer.ts";
import type { Deployment } from "./deployment.ts";
import { chatEvent, doneEvent } from "./openai.ts";
import type { UpstreamScript } from "./upstream.ts";

/** One request of the load and what became of it. */
export interface Sent {
  readonly kind: string;
  readonly startedAt: number;
  readonly tookMs: number;
  /** Undefined: it was answered as it should be. */
  readonly failure: string | undefined;
}

export interface Load {
  /** The requests that have ended, in that order. */
  readonly sent: readonly Sent[];
  /** When the longest that is still without an answer was sent. */
  oldestRunning(): number | undefined;
  /** Shows every key to every gateway. */
  makeKnown(): Promise<void>;
  /** Leaves these out until `resume`; resolves when those on their way are answered. */
  rest(...kinds: Kind[]): Promise<void>;
  resume(): void;
  /** Ends when the last request has its answer. */
  stop(): Promise<void>;
}

const pauseMs = 25;

/** Everything that a deployment is asked all day, one after the other, about forty a second. */
export async function startLoad(deployment: Deployment): Promise<Load> {
  const { urls, owner, issue, chat } = deployment;
  const keys = await Promise.all(Array.from({ length: 4 }, () => issue()));
  const balancer = createBalancer(urls);
  const asks = requests(
    owner.token,
    keys.map(({ secret }) => secret),
  );
  const kinds = Object.keys(asks) as Kind[];
  const sent: Sent[] = [];
  const running = new Map<Promise<unknown>, number>();
  let resting: readonly Kind[] = [];
  let stopped = false;
  const send = async (kind: Kind) => {
    const startedAt = performance.now();
    const failure = await balancer.send(asks[kind]).catch(describe);
    sent.push({ kind, startedAt, tookMs: performance.now() - startedAt, failure });
  };
  const sending = (async () => {
    for (let turn = 0; !stopped; turn += 1) {
      const kind = kinds[turn % kinds.length];
      if (kind && !resting.includes(kind)) {
        const request = send(kind).finally(() => running.delete(request));
        running.set(request, performance.now());
      }
      await sleep(pauseMs);
    }
  })();
  return {
    sent,
    // A map keeps the order of insertion.
    oldestRunning: () => running.values().next().value,
    async makeKnown() {
      const uses = urls.flatMap((url) => keys.map(({ secret }) => chat(secret, {}, { url })));
      for (const response of await Promise.all(uses)) await response.text();
    },
    async rest(...kinds) {
      resting = kinds;
      await Promise.all(running.keys());
    },
    resume: () => {
      resting = [];
    },
    async stop() {
      stopped = true;
      await sending;
      await Promise.all(running.keys());
      balancer.close();
    },
  };
}

export type Kind = keyof ReturnType<typeof requests>;

type Ask = (url: string) => Promise<string | undefined>;

function requests(token: string, secrets: readonly string[]) {
  let asked = 0;
  const chat =
    (stream: boolean): Ask =>
    async (url) => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${secrets[asked++ % secrets.length]}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ model: "gpt-test", messages: [], stream }),
      });
      const text = await response.text();
      const isWhole = stream ? text.endsWith(doneEvent) : text === plainAnswer;
      return response.ok && isWhole ? undefined : `${response.status} ${text}`;
    };
  const get =
    (path: string): Ask =>
    async (url) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(url + path, { headers });
      const text = await response.text();
      return response.ok ? undefined : `${response.status} ${text}`;
    };
  return {
    chat: chat(false),
    stream: chat(true),
    profile: get("/api/v1/users/me"),
    keys: get("/api/v1/apikeys?page_size=1"),
    models: get("/api/v1/models"),
  };
}

const plainAnswer = '{"ok":true}';

/** The upstream of the load. A request that names a pace in its `user` field is answered at that pace. */
export const answerLoad: UpstreamScript = async (answer, entry) => {
  const { response, head, write, end, aborted } = answer;
  const { stream, user }: { stream?: boolean; user?: string } = JSON.parse(String(entry.body));
  if (!stream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(plainAnswer);
    return;
  }
  head(200, { "content-type": "text/event-stream" });
  await write(chatEvent("first"));
  if (user === "endless") return aborted;
  if (user === "slow") await sleep(slowStreamMs);
  await write(chatEvent("last"));
  await write(doneEvent);
  end();
};

const slowStreamMs = 1_200;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
