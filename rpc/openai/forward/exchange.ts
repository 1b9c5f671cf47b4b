import { AppError } from "../../../common/errors.ts";
import { abortReason, type Call } from "../../../common/rpc/call.ts";
import type { ForwardRequest } from "../../../gen/rpc/openai/openai_pb.ts";
import type { OpenAIContext } from "../context.ts";
import type { Candidate } from "../route/route-table.ts";
import type { UpstreamRequest, UpstreamResponse } from "../upstream/upstream.ts";
import { BodyReader } from "./body-reader.ts";
import { Pace } from "./pace.ts";
import { type PreparedBody, prepareBody } from "./request-body.ts";
import { upstreamRequestHeaders } from "./request-headers.ts";

/** One request on its way: what was asked, where it goes, and how long it may take. */
export interface Exchange {
  readonly context: OpenAIContext;
  readonly request: ForwardRequest;
  readonly candidate: Candidate;
  readonly usageWasAdded: boolean;
  readonly pace: Pace;
  /** Asks the upstream. Called once. */
  respond(): Promise<UpstreamResponse>;
  /** Reads what it answered. Called once. */
  read(response: UpstreamResponse): BodyReader;
  /** The caller has left, so that nothing need be told. */
  readonly callerIsGone: () => boolean;
  /** Whole milliseconds since the request came. */
  readonly elapsedMs: () => number;
  /** Ends the upstream's part if it still runs. Called once, at the end. */
  close(): void;
}

/** Decides where a request goes. Throws when nobody serves it or it cannot be understood. */
export function openExchange(
  context: OpenAIContext,
  request: ForwardRequest,
  call: Call,
): Exchange {
  context.stopping.throwIfAborted();
  // Retries and fallback will walk on along the candidates; today the best one has to do.
  const [candidate] = context.routes().candidates(request.model);
  const url = candidate.target.endpoints.get(request.endpoint);
  if (!url) throw new AppError("unimplemented", `The endpoint ${request.endpoint} is not served.`);
  const prepared = prepareBody(request, candidate, context.config.requestDepthMax);
  const controller = new AbortController();
  const leave = () => controller.abort(abortReason(call));
  if (call.signal.aborted) leave();
  call.signal.addEventListener("abort", leave);
  const leaveRunning = context.running.enter(controller);
  const pace = new Pace({
    config: context.config,
    now: context.monotonicNow,
    withHeartbeats: request.stream,
  });
  let reader: BodyReader | undefined;
  return {
    context,
    request,
    candidate,
    usageWasAdded: prepared.usageWasAdded,
    pace,
    respond: async () => {
      controller.signal.throwIfAborted();
      const upstreamRequest = createUpstreamRequest(url, candidate, prepared, request);
      return context.upstreamOf(candidate.target)(upstreamRequest, controller.signal);
    },
    read(response) {
      reader = new BodyReader(response.body, pace);
      return reader;
    },
    elapsedMs: () => Math.round(pace.now() - pace.startedAt),
    callerIsGone: () => call.signal.aborted,
    close() {
      pace.close();
      call.signal.removeEventListener("abort", leave);
      leaveRunning();
      if (!reader?.ended) controller.abort(isOver);
    },
  };
}

const createUpstreamRequest = (
  url: URL,
  { target }: Candidate,
  { body }: PreparedBody,
  { headers }: ForwardRequest,
): UpstreamRequest => ({
  method: "POST",
  url,
  headers: upstreamRequestHeaders(headers, target),
  body,
  allowPrivateNetwork: target.allowPrivateNetwork,
});

/** Nobody sees it, so that it need not be made, with its stack, for each request. */
const isOver = new AppError("request.cancelled", "The request is over.");
