import { AppError } from "../../../common/errors.ts";
import { eventData } from "../../../common/sse/event-data.ts";
import { EventSplitter, type SsePiece } from "../../../common/sse/event-splitter.ts";
import type { ForwardResponse } from "../../../gen/rpc/openai/openai_pb.ts";
import { heartbeat } from "../stream/error-event.ts";
import { parseData, StreamTap } from "../stream/stream-tap.ts";
import type { UpstreamResponse } from "../upstream/upstream.ts";
import type { StreamState } from "./answer-stream.ts";
import { BodyReader } from "./body-reader.ts";
import type { Exchange } from "./exchange.ts";
import { dataMessage } from "./messages.ts";

/**
 * Passes a stream's events on, byte for byte and in the tick their last byte arrives, with
 * heartbeats while there are none. Throws `upstream.truncated` when the stream ended too early.
 */
export async function* relayEvents(
  exchange: Exchange,
  response: UpstreamResponse,
  state: StreamState,
): AsyncGenerator<ForwardResponse> {
  const reader = new BodyReader(response.body, exchange.pace);
  const splitter = new EventSplitter(exchange.context.config.eventHoldBytesMax);
  const tap = new StreamTap(exchange);
  try {
    for (;;) {
      const chunk = await reader.readOrSilence();
      if (chunk === undefined) break;
      if (chunk === "silence") {
        if (splitter.atBoundary) yield dataMessage(heartbeat);
        continue;
      }
      const bytes = inspectAll(splitter.push(chunk), tap);
      state.atBoundary = splitter.atBoundary;
      if (bytes) yield dataMessage(bytes);
    }
    const rest = inspectRest(splitter.rest(), tap);
    checkWhole(tap, splitter, exchange);
    if (rest) yield dataMessage(rest);
    if (tap.sawError) state.outcome = "upstream_error";
  } finally {
    state.usage = tap.usage();
  }
}

function inspectAll(pieces: readonly SsePiece[], tap: StreamTap): Buffer | undefined {
  const kept: Buffer[] = [];
  for (const { kind, bytes } of pieces) {
    const inspected = kind === "event" ? tap.inspect(bytes) : bytes;
    if (inspected) kept.push(inspected);
  }
  return kept.length > 1 ? Buffer.concat(kept) : kept[0];
}

/**
 * The last event of a stream may lack its blank line. It counts when what it says is whole. In a
 * stream that was cut off it is dropped all the same, so that nothing stands before our error event.
 */
function inspectRest(rest: Buffer, tap: StreamTap): Buffer | undefined {
  if (rest.length === 0) return undefined;
  const data = eventData(rest)?.trim();
  const isWhole = data === undefined || data === "[DONE]" || parseData(rest) !== undefined;
  return isWhole ? tap.inspect(rest) : undefined;
}

function checkWhole(tap: StreamTap, splitter: EventSplitter, exchange: Exchange) {
  const { endsWithDone } = exchange.candidate.target.provider;
  // An upstream that told of its failure has said all it had to say.
  if (tap.sawDone || tap.sawError) return;
  if (!endsWithDone && tap.sawFinishReason && splitter.atBoundary) return;
  throw new AppError("upstream.truncated", "The upstream broke off its answer.");
}
