import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { ForwardRequest, ForwardResponse, Usage } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";
import { completionToEvents } from "../stream/completion-to-events.ts";
import { dataEvent, errorEvent, eventBreak, heartbeat } from "../stream/error-event.ts";
import type { UpstreamResponse } from "../upstream/upstream.ts";
import { checkStatus, isEventStream, relayPlain } from "./answer-plain.ts";
import { EventRelay } from "./event-relay.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { dataMessage, endMessage, headerMessages, headMessage, type Outcome } from "./messages.ts";
import { outcomeOf } from "./outcome.ts";
import { silence } from "./pace.ts";
import { callerResponseHeaders, streamHeaders } from "./response-headers.ts";
import { withoutCredential } from "./without-credential.ts";

/** What is known of a stream on its way to the caller. */
interface StreamState {
  /** Once it is, a failure can only be told as an event. */
  headSent: boolean;
  relay: EventRelay | undefined;
  ttfbMs: number;
  outcome: Outcome;
  usage: Usage | undefined;
}

/** Answers a request that asked for a stream. */
export async function* answerStream(
  context: OpenAIContext,
  request: ForwardRequest,
  call: Call,
): AsyncGenerator<ForwardResponse> {
  const exchange = openExchange(context, request, call);
  const state: StreamState = {
    headSent: false,
    relay: undefined,
    ttfbMs: 0,
    outcome: "ok",
    usage: undefined,
  };
  try {
    const responding = exchange.respond();
    let response = await exchange.pace.response(responding);
    while (response === silence) {
      if (!state.headSent) yield streamHead(exchange, state);
      yield dataMessage(heartbeat);
      response = await exchange.pace.response(responding);
    }
    state.ttfbMs = exchange.elapsedMs();
    if (isEventStream(response)) {
      if (!state.headSent) yield streamHead(exchange, state, response);
      const relay = new EventRelay(exchange, response);
      state.relay = relay;
      for (let bytes = await relay.next(); bytes; bytes = await relay.next()) {
        yield dataMessage(bytes);
      }
      if (relay.sawError) state.outcome = "upstream_error";
    } else {
      yield* convertAnswer(exchange, checkStatus(response), state);
    }
  } catch (error) {
    if (!state.headSent || exchange.callerIsGone()) throw error;
    const failure = AppError.from(error);
    state.outcome = outcomeOf(failure);
    if (state.relay && !state.relay.atBoundary) yield dataMessage(eventBreak);
    yield dataMessage(errorEvent(failure));
  } finally {
    exchange.close();
  }
  const usage = state.relay ? state.relay.usage() : state.usage;
  if (state.headSent) yield endMessage(state.outcome, usage, state.ttfbMs);
}

/** The upstream did not answer with a stream. */
async function* convertAnswer(
  exchange: Exchange,
  response: UpstreamResponse,
  state: StreamState,
): AsyncGenerator<ForwardResponse> {
  if (response.status < 300 && isJson(response)) {
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
  const reader = exchange.read(response);
  const read = await reader.readAll(exchange.context.config.convertBytesMax);
  const body = withoutCredential(read, exchange.candidate.target);
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
  const reader = exchange.read(response);
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
