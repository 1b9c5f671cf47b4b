import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import { abortReason, type Call } from "../../../common/rpc/call.ts";
import type { Route } from "../../../gen/rpc/model/model_pb.ts";
import type { ProbeRequest, ProbeResponseSchema } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";
import { isObject } from "../stream/json-object.ts";
import { readWithin } from "../upstream/read-within.ts";

type ProbeResult = MessageInitShape<typeof ProbeResponseSchema>;

/** Asks the upstream for its models. Whatever goes wrong is the answer, not an error. */
export async function probe(
  context: OpenAIContext,
  { route }: ProbeRequest,
  call: Call,
): Promise<ProbeResult> {
  if (!route) throw new AppError("request.invalid", "A route is needed.");
  const startedAt = context.monotonicNow();
  const result = await ask(context, route, call).catch((error: unknown) => {
    const message = explain(AppError.from(error));
    context.log.debug({ error, channel: route.channelId }, "a channel did not answer its probe");
    return { ok: false, status: 0, message };
  });
  return { ...result, latencyMs: Math.round(context.monotonicNow() - startedAt) };
}

/** Whoever probes administers the channel: a code such as ENOTFOUND says what to mend, and no more. */
function explain({ message, cause }: AppError): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /^[A-Z][A-Z0-9_]+$/.test(code) ? `${message.replace(/\.$/, "")} (${code}).` : message;
}

async function ask(context: OpenAIContext, route: Route, call: Call): Promise<ProbeResult> {
  const { probeTimeoutMs, probeBodyBytesMax } = context.config;
  const target = context.openRoute(route);
  const timeout = AbortSignal.timeout(probeTimeoutMs);
  const controller = new AbortController();
  const onTimeout = () => controller.abort(new AppError("upstream.timeout", "No answer in time."));
  const onLeave = () => controller.abort(abortReason(call));
  timeout.addEventListener("abort", onTimeout);
  call.signal.addEventListener("abort", onLeave);
  const leaveRunning = context.running.enter(controller);
  try {
    const { provider, credential, endpoints, allowPrivateNetwork } = target;
    const url = endpoints.get("models");
    if (!url) throw new AppError("unimplemented", "The provider lists no models.");
    const response = await context.upstreamOf(target)(
      {
        method: "GET",
        url,
        headers: {
          accept: "application/json",
          "accept-encoding": "identity",
          ...(credential === undefined ? {} : provider.credentialHeaders(credential)),
        },
        body: undefined,
        allowPrivateNetwork,
      },
      controller.signal,
    );
    const body = (await readWithin(response.body, probeBodyBytesMax)).toString();
    // Some servers quote the key that they refuse, and no interface may show it again.
    return describe(response.status, credential ? body.replaceAll(credential, "***") : body);
  } finally {
    controller.abort(new AppError("request.cancelled", "The probe is over."));
    timeout.removeEventListener("abort", onTimeout);
    call.signal.removeEventListener("abort", onLeave);
    leaveRunning();
  }
}

function describe(status: number, body: string): ProbeResult {
  const answer = parse(body);
  if (status !== 200) {
    return {
      ok: false,
      status,
      message: errorMessage(answer) ?? `The upstream answered ${status}.`,
    };
  }
  const data = isObject(answer) ? answer["data"] : undefined;
  if (!Array.isArray(data)) {
    return { ok: false, status, message: "The upstream's answer is not a list of models." };
  }
  const ids = data.map((model) => (isObject(model) ? model["id"] : undefined));
  return { ok: true, status, models: ids.filter((id) => typeof id === "string") };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function errorMessage(answer: unknown): string | undefined {
  const error = isObject(answer) ? answer["error"] : undefined;
  const message = isObject(error) ? error["message"] : error;
  return typeof message === "string" ? message.slice(0, errorMessageLengthMax) : undefined;
}

const errorMessageLengthMax = 500;
