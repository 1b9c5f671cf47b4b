import { AppError } from "../../../common/errors.ts";
import { topLevelFields } from "../../../common/json/top-level-fields.ts";
import { Pieces } from "../../../common/pieces.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ForwardRequest, ForwardResponse, Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";
import { CompletionBuilder } from "../stream/completion-builder.ts";
import { readUsage } from "../stream/usage.ts";
import type { UpstreamResponse } from "../upstream/upstream.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { dataMessage, endMessage, headerMessages, headMessage, type Outcome } from "./messages.ts";
import { outcomeOf } from "./outcome.ts";
import { silence } from "./pace.ts";
import { callerResponseHeaders } from "./response-headers.ts";
import { withoutCredential } from "./without-credential.ts";

/** Answers a request that asked for no stream. */
export async function* answerPlain(
  context: OpenAIContext,
  request: ForwardRequest,
  call: Call,
): AsyncGenerator<ForwardResponse> {
  const exchange = openExchange(context, request, call);
  try {
    const response = checkStatus(await untilResponded(exchange));
    const ttfbMs = exchange.elapsedMs();
    if (isEventStream(response)) yield* joinStream(exchange, response, ttfbMs);
    else yield* relayPlain(exchange, response, ttfbMs);
  } finally {
    exchange.close();
  }
}

async function untilResponded({ respond, pace }: Exchange): Promise<UpstreamResponse> {
  const responding = respond();
  for (;;) {
    const response = await pace.response(responding);
    if (response !== silence) return response;
  }
}

/**
 * Passes an answer on, byte for byte. It is held until whole, as it is of no use before, so that one
 * that breaks off becomes a clean error; only one too long for that flows on as it comes.
 */
export async function* relayPlain(
  exchange: Exchange,
  response: UpstreamResponse,
  ttfbMs: number,
): AsyncGenerator<ForwardResponse> {
  const { answerHoldBytesMax, convertBytesMax } = exchange.context.config;
  const reader = exchange.read(response);
  const headers = callerResponseHeaders(response.headers, exchange.candidate.target.provider);
  const outcome: Outcome = response.status < 400 ? "ok" : "upstream_error";
  const held = await reader.readUpTo(answerHoldBytesMax);
  // Some providers tell of errors with a status of success.
  const start = withoutCredential(held, exchange.candidate.target);
  const announced = response.headers["content-length"];
  if (reader.ended) headers["content-length"] = String(start.length);
  else if (announced !== undefined && start === held) headers["content-length"] = announced;
  yield plainHead(exchange, response.status, headers);
  if (start.length > 0) yield dataMessage(start);
  const seen = new Pieces();
  seen.push(start);
  let seenBytes = start.length;
  try {
    while (!reader.ended) {
      const chunk = await reader.read();
      if (!chunk) break;
      seenBytes += chunk.length;
      if (seenBytes <= convertBytesMax) seen.push(chunk);
      yield dataMessage(chunk);
    }
  } catch (error) {
    if (exchange.callerIsGone()) throw error;
    yield endMessage(outcomeOf(AppError.from(error)), undefined, ttfbMs);
    return;
  }
  const whole = seenBytes <= convertBytesMax ? seen.take() : undefined;
  yield endMessage(outcome, whole && usageOfBody(whole), ttfbMs);
}

/** A caller that asked for no stream gets none, whatever the upstream thought best. */
async function* joinStream(
  exchange: Exchange,
  response: UpstreamResponse,
  ttfbMs: number,
): AsyncGenerator<ForwardResponse> {
  const { config } = exchange.context;
  const reader = exchange.read(response);
  const read = await reader.readAll(config.convertBytesMax);
  const body = withoutCredential(read, exchange.candidate.target);
  const builder = new CompletionBuilder(config.convertBytesMax);
  builder.push(body);
  const { status, completion, isWhole } = builder.finish();
  if (!isWhole && status < 400) {
    throw new AppError("upstream.truncated", "The upstream broke off its answer.");
  }
  const bytes = Buffer.from(JSON.stringify(completion));
  const headers = callerResponseHeaders(response.headers, exchange.candidate.target.provider);
  headers["content-type"] = "application/json";
  headers["content-length"] = String(bytes.length);
  yield plainHead(exchange, status, headers);
  yield dataMessage(bytes);
  yield endMessage(status < 400 ? "ok" : "upstream_error", readUsage(completion), ttfbMs);
}

const plainHead = (exchange: Exchange, status: number, headers: Record<string, string>) =>
  headMessage({
    status,
    headers: headerMessages(headers),
    channelId: exchange.candidate.target.channelId,
    upstreamModel: exchange.candidate.upstreamModel,
  });

/**
 * A redirect is not followed, as our credential would follow it, and not passed on, as the caller's
 * own key would.
 */
export function checkStatus(response: UpstreamResponse): UpstreamResponse {
  if (response.status < 300 || response.status >= 400) return response;
  throw new AppError("upstream.bad_response", "The upstream answered with a redirect.");
}

export const isEventStream = ({ status, headers }: UpstreamResponse): boolean =>
  status < 300 &&
  headers["content-encoding"] === undefined &&
  /^text\/event-stream\s*(;|$)/i.test(headers["content-type"] ?? "");

const bodyDepthMax = 512;

function usageOfBody(body: Buffer): Usage | undefined {
  try {
    const range = topLevelFields(body, ["usage"], bodyDepthMax).get("usage");
    return range && readUsage({ usage: JSON.parse(body.toString("utf8", range.start, range.end)) });
  } catch {
    return undefined;
  }
}
