import { type DescMethod, type DescService, fromBinary } from "@bufbuild/protobuf";
import type { Server, ServerUnaryCall, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type AnyInit, type AnyMessage, encodeResponse, isEndless, pathOf } from "./definition.ts";
import type { OpenCall, OpenCalls } from "./open-calls.ts";
import { methodOf } from "./service.ts";
import { toStatus } from "./wire-error.ts";

/** Counted beside a waiting message's own bytes: many tiny ones hold memory too. */
const messageOverheadBytes = 256;

export interface MethodHost {
  readonly log: Logger;
  readonly streamBufferBytesMax: number;
  readonly calls: OpenCalls;
  /** Once true, every new call is turned away unprocessed. */
  isDraining(): boolean;
}

/** Makes the methods of an implementation reachable over the wire. */
export function addMethods(
  server: Server,
  { service, implementation }: { service: DescService; implementation: object },
  host: MethodHost,
): void {
  for (const method of service.methods) {
    const decode = (bytes: Buffer) => fromBinary(method.input, bytes);
    if (method.methodKind === "unary") {
      const handler = unaryHandler(method, implementation, host);
      server.register(pathOf(method), handler, identity, decode, "unary");
    } else {
      const handler = streamHandler(method, implementation, host);
      server.register(pathOf(method), handler, identity, decode, "serverStream");
    }
  }
}

const identity = (bytes: Buffer) => bytes;

function unaryHandler(method: DescMethod, implementation: object, host: MethodHost) {
  const run = methodOf(implementation, method);
  return async (wire: ServerUnaryCall<AnyMessage, Buffer>, answer: sendUnaryData<Buffer>) => {
    if (host.isDraining()) return answer(refusal());
    const open = host.calls.open({
      wire,
      endless: false,
      sendError: (error) => answer(toStatus(error)),
    });
    try {
      const response = await run(wire.request, open.call);
      const bytes = encodeResponse(method, response as AnyInit);
      if (open.end()) answer(null, bytes);
    } catch (error) {
      failCall(open, { error, method, log: host.log });
    }
  };
}

function streamHandler(method: DescMethod, implementation: object, host: MethodHost) {
  const run = methodOf(implementation, method);
  return async (wire: ServerWritableStream<AnyMessage, Buffer>) => {
    if (host.isDraining()) return wire.emit("error", refusal());
    const open = host.calls.open({
      wire,
      endless: isEndless(method),
      sendError: (error) => wire.emit("error", toStatus(error)),
    });
    try {
      const responses = run(wire.request, open.call) as AsyncIterable<AnyInit>;
      await sendAll(open, wire, { responses, method, bytesMax: host.streamBufferBytesMax });
      if (open.end()) wire.end();
    } catch (error) {
      failCall(open, { error, method, log: host.log });
    }
    return;
  };
}

interface Source {
  readonly responses: AsyncIterable<AnyInit>;
  readonly method: DescMethod;
  readonly bytesMax: number;
}

/** Takes the next response only while the ones before it are on their way to the client. */
async function sendAll(
  open: OpenCall,
  wire: ServerWritableStream<AnyMessage, Buffer>,
  { responses, method, bytesMax }: Source,
): Promise<void> {
  let waitingBytes = 0;
  let resume = () => {};
  open.onEnd = () => resume();
  for await (const response of responses) {
    if (open.ended) return;
    const bytes = encodeResponse(method, response);
    const size = bytes.length + messageOverheadBytes;
    waitingBytes += size;
    wire.write(bytes, () => {
      waitingBytes -= size;
      if (waitingBytes < bytesMax) resume();
    });
    if (waitingBytes >= bytesMax) await new Promise<void>((resolve) => (resume = resolve));
    if (open.ended) return;
  }
}

/** The one place where what a method throws becomes an error on the wire, and a log line if ours. */
function failCall(
  open: OpenCall,
  { error, method, log }: { error: unknown; method: DescMethod; log: Logger },
): void {
  if (open.ended) return;
  const failure = AppError.from(error);
  if (failure.status.http >= 500 && failure.cause !== undefined) {
    const { requestId } = open.call;
    log.error({ error: failure, request_id: requestId, method: pathOf(method) }, "call failed");
  }
  open.fail(failure);
}

const refusal = () =>
  toStatus(new AppError("service.shutting_down", "The service is shutting down."), {
    refused: true,
  });
