import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../../common/errors.ts";
import type { Upstream, UpstreamRequest, UpstreamResponse } from "../../upstream/upstream.ts";
import { composeReply, questionOf } from "./compose-reply.ts";
import { DemoRequest } from "./demo-request.ts";
import { type Answer, completionOf, eventsOf } from "./render-answer.ts";

/** `demo` speaks at a pace that one can follow, `demo-fast` as fast as it is read. */
const pauseMsByModel = new Map([
  ["demo", 20],
  ["demo-fast", 0],
]);
const slowSeconds = 20;

/** Stands where a provider's server would, so that nothing else knows there is no server. */
export const serveDemo: Upstream = async (request, signal) => {
  if (request.method === "GET") return json(200, modelList);
  const parsed = DemoRequest.safeParse(parse(request));
  if (!parsed.success) return badRequest(parsed.error.issues[0]);
  const asked = parsed.data;
  const pauseMs = pauseMsByModel.get(asked.model);
  if (pauseMs === undefined) {
    return failure(404, `The model \`${asked.model}\` does not exist.`, "model_not_found");
  }
  const question = questionOf(asked.messages).toLowerCase();
  const status = Number(/^fail (\d{3})$/.exec(question)?.[1]);
  if (status >= 400 && status < 600) return failure(status, `You asked for a ${status}.`);
  const slow = /^slow(?: (\d{1,3}))?$/.exec(question);
  if (slow) await pause(Number(slow[1] ?? slowSeconds) * 1_000, signal);

  const answer: Answer = {
    id: `chatcmpl-demo-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1_000),
    request: asked,
    replies: Array.from({ length: asked.n ?? 1 }, () => composeReply(asked)),
  };
  const breaksOff = question === "fail midstream";
  if (!asked.stream) return breaksOff ? brokenJson() : json(200, completionOf(answer));
  return {
    status: 200,
    headers: { ...commonHeaders(), "content-type": "text/event-stream; charset=utf-8" },
    body: speak(eventsOf(answer), { pauseMs, breaksOff, signal }),
  };
};

interface Manner {
  readonly pauseMs: number;
  readonly breaksOff: boolean;
  readonly signal: AbortSignal;
}

async function* speak(events: readonly string[], { pauseMs, breaksOff, signal }: Manner) {
  for (const [index, event] of events.entries()) {
    if (breaksOff && index > events.length / 2) throw brokenOff();
    await pause(pauseMs, signal);
    yield Buffer.from(event);
  }
}

async function pause(ms: number, signal: AbortSignal) {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}

const brokenOff = () => new AppError("upstream.truncated", "The upstream broke off its answer.");

async function* pieces(text: string, breaksOff = false) {
  yield Buffer.from(text);
  if (breaksOff) throw brokenOff();
}

const commonHeaders = () => ({ "x-request-id": `req_demo_${crypto.randomUUID()}` });

const json = (status: number, value: unknown): UpstreamResponse => ({
  status,
  headers: { ...commonHeaders(), "content-type": "application/json" },
  body: pieces(JSON.stringify(value)),
});

const brokenJson = (): UpstreamResponse => ({ ...json(200, {}), body: pieces('{"id":', true) });

function failure(status: number, message: string, code: string | null = null): UpstreamResponse {
  const type = errorTypes.get(status) ?? (status < 500 ? "invalid_request_error" : "server_error");
  const response = json(status, { error: { message, type, param: null, code } });
  const mayRetry = status === 429 || status === 503;
  return mayRetry
    ? { ...response, headers: { ...response.headers, "retry-after": "1" } }
    : response;
}

const errorTypes = new Map([[429, "rate_limit_error"]]);

const badRequest = (issue?: { readonly path: PropertyKey[]; readonly message: string }) =>
  json(400, {
    error: {
      message: issue ? `${issue.path.join(".")}: ${issue.message}` : "This cannot be understood.",
      type: "invalid_request_error",
      param: issue?.path.join(".") || null,
      code: null,
    },
  });

const modelList = {
  object: "list",
  data: [...pauseMsByModel.keys()].map((id) => ({
    id,
    object: "model",
    created: 1_735_689_600,
    owned_by: "demo",
  })),
};

function parse({ body }: UpstreamRequest): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? []).toString());
  } catch {
    return undefined;
  }
}
