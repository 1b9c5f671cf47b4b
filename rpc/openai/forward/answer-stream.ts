import { AppError } from "../../../common/errors.ts";
import type { ForwardResponse, Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import { completionToEvents } from "../stream/completion-to-events.ts";
import { dataEvent, errorEvent, eventBreak, heartbeat } from "../stream/error-event.ts";
import type { UpstreamResponse } from "../upstream/upstream.ts";
import { checkStatus, isEventStream, relayPlain } from "./answer-plain.ts";
import { BodyReader } from "./body-reader.ts";
import type { Exchange } from "./exchange.ts";
import { dataMessage, endMessage, headerMessages, headMessage, type Outcome } from "./messages.ts";
import { outcomeOf } from "./outcome.ts";
import { relayEvents } from "./relay-events.ts";
import { callerResponseHeaders, streamHeaders } from "./response-headers.ts";
import { withoutCredential } from "./without-credential.ts";

/** What is known of a stream on its way to the caller. */
export interface StreamState {
  /** Once it is, a failure can only be told as an event. */
  headSent: boolean;
  /** False while a part of an event too long to be held back has gone out. */
  atBoundary: boolean;
  ttfbMs: number;
  outcome: Outcome;
  usage: Usage | undefined;
}

/** Answers a request that asked for a stream. */
export async function* answerStream(exchange: Exchange): AsyncGenerator<ForwardResponse> {
  const state: StreamState = {
    headSent: false,
    atBoundary: true,
    ttfbMs: 0,
    outcome: "ok",
    usage: undefined,
  };
  try {
    yield* relayAnswer(exchange, state);
  } catch (error) {
    if (!state.headSent || exchange.callerIsGone()) throw error;
    const failure = AppError.from(error);
    state.outcome = outcomeOf(failure);
    if (!state.atBoundary) yield dataMessage(eventBreak);
    yield dataMessage(errorEvent(failure));
  }
  if (state.headSent) yield endMessage(state.outcome, state.usage, state.ttfbMs);
}

async function* relayAnswer(
  exchange: Exchange,
  state: StreamState,
): AsyncGenerator<ForwardResponse> {
  const { pace } = exchange;
  const responding = exchange.respond();
  while (!(await pace.responded(responding))) {
    if (!state.headSent) yield streamHead(exchange, state);
    yield dataMessage(heartbeat);
  }
  const response = checkStatus(await responding);
  state.ttfbMs = Math.round(pace.elapsedMs());
  if (isEventStream(response)) {
    if (!state.headSent) yield streamHead(exchange, state, response);
    yield* relayEvents(exchange, response, state);
  } else if (response.status < 300 && isJson(response)) {
    yield* streamCompletion(exchange, response, state);
  } else if (state.headSent) {
    yield* streamError(exchange, response, state);
  } else {
    yield* relayPlain(exchange, response, state.ttfbMs);
  }
}

/** An upstream that does not stream is given to the caller as the stream it asked for. */
async function* streamCompletion(
  exchange: Exchange,
  response: UpstreamResponse,
  state: StreamState,
): AsyncGenerator<ForwardResponse> {
  const reader = new BodyReader(response.body, exchange.pace);
  const body = await reader.readAll(exchange.context.config.convertBytesMax);
  const { events, usage, outcome } = completionToEvents(body, !exchange.usageWasAdded);
  state.usage = usage;
  state.outcome = outcome;
  if (!state.headSent) yield streamHead(exchange, state, response);
  yield dataMessage(events);
}

/** An upstream's refusal that comes when the stream has already been promised. */
async function* streamError(
  exchange: Exchange,
  response: UpstreamResponse,
  state: StreamState,
): AsyncGenerator<ForwardResponse> {
  const reader = new BodyReader(response.body, exchange.pace);
  const read = await reader.readUpTo(exchange.context.config.errorBodyBytesMax);
  const body = withoutCredential(read, exchange.candidate.target);
  state.outcome = "upstream_error";
  yield dataMessage(
    upstreamErrorEvent(body) ??
      errorEvent(
        new AppError("upstream.bad_response", `The upstream answered ${response.status}.`),
      ),
  );
}

function upstreamErrorEvent(body: Buffer): Buffer | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString());
    const isError = typeof answer === "object" && answer !== null && "error" in answer;
    return isError ? dataEvent(answer) : undefined;
  } catch {
    return undefined;
  }
}

const isJson = ({ headers }: UpstreamResponse): boolean =>
  headers["content-encoding"] === undefined &&
  /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "");

/** Without a response it goes out early, to keep the caller's connection alive. */
function streamHead(exchange: Exchange, state: StreamState, response?: UpstreamResponse) {
  const { target, upstreamModel } = exchange.candidate;
  const upstreamHeaders = response && callerResponseHeaders(response.headers, target.provider);
  const contentType = response && isEventStream(response) && response.headers["content-type"];
  const headers = {
    ...upstreamHeaders,
    ...streamHeaders,
    ...(contentType ? { "content-type": contentType } : {}),
  };
  state.headSent = true;
  return headMessage({
    status: response?.status ?? 200,
    headers: headerMessages(headers),
    channelId: target.channelId,
    upstreamModel,
  });
}
