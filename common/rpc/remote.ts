import { type DescMethod, type DescService, fromBinary, type Message } from "@bufbuild/protobuf";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Call } from "./call.ts";
import { AnswerStream, callUnary, StatusError, type WireRequest } from "./client-call.ts";
import { type AnyInit, encodeRequest, isEndless, isRepeatable, pathOf } from "./definition.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointSource } from "./endpoint-source.ts";
import { createPool, type Pool } from "./pool.ts";
import type { RpcClientConfig } from "./rpc-config.ts";
import type { Client } from "./service.ts";
import { callMetadata } from "./wire-call.ts";
import { fromStatus, isServersOwn, isTransportFailure, wasNotProcessed } from "./wire-error.ts";

export interface RemoteClientOptions {
  readonly endpoints: EndpointSource;
  readonly config: RpcClientConfig;
  readonly log: Logger;
}

/**
 * A client of a service behind gRPC. A call that certainly was not processed is made again at
 * another endpoint; one whose connection died in between only if the contract says that repeating
 * is harmless. Disposing of the client closes its connections.
 */
export function createRemoteClient<Service extends DescService>(
  service: Service,
  { endpoints, config, log }: RemoteClientOptions,
): Client<Service> & Disposable {
  const pool = createPool(service.typeName, endpoints, config);
  const methods = service.methods.map((method) => {
    const host = { method, pool, config, log };
    return [
      method.localName,
      method.methodKind === "unary"
        ? (request: AnyInit, call: Call) => unary(host, request, call)
        : (request: AnyInit, call: Call) => new RemoteStream(host, request, call),
    ];
  });
  return { ...Object.fromEntries(methods), [Symbol.dispose]: () => pool.close() };
}

interface MethodHost {
  readonly method: DescMethod;
  readonly pool: Pool;
  readonly config: RpcClientConfig;
  readonly log: Logger;
}

function unary(host: MethodHost, request: AnyInit, call: Call): Promise<Message> {
  const { method } = host;
  const wire = wireRequest(host, request, call);
  return withAttempts(host, { call, deadlineMs: wire.deadlineMs }, async (endpoint) => {
    const startedMs = performance.now();
    endpoint.begin();
    try {
      const answer = await callUnary(endpoint.channel, wire);
      const nowMs = performance.now();
      endpoint.measured(nowMs - startedMs, nowMs);
      return fromBinary(method.output, answer);
    } catch (error) {
      if (error instanceof StatusError && isServersOwn(error.status)) endpoint.heard();
      throw error;
    } finally {
      endpoint.end();
    }
  });
}

/**
 * A streamed answer. It is opened by the first read. Streams count as load only while they are open:
 * how long one takes says something about its upstream, not about the endpoint.
 */
class RemoteStream implements AsyncIterableIterator<Message> {
  readonly #host: MethodHost;
  readonly #request: AnyInit;
  readonly #call: Call;
  #answers: AnswerStream | undefined;
  #done = false;

  constructor(host: MethodHost, request: AnyInit, call: Call) {
    this.#host = host;
    this.#request = request;
    this.#call = call;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next(): Promise<IteratorResult<Message>> {
    if (this.#done) return { done: true, value: undefined };
    try {
      const bytes = await (this.#answers ? this.#answers.read() : this.#open());
      if (bytes) return { done: false, value: fromBinary(this.#host.method.output, bytes) };
    } catch (error) {
      this.#finish();
      throw publicError(error, this.#call);
    }
    this.#finish();
    return { done: true, value: undefined };
  }

  /** The reader has left early: the call is cancelled. */
  async return(): Promise<IteratorResult<Message>> {
    this.#finish();
    return { done: true, value: undefined };
  }

  #finish() {
    this.#done = true;
    this.#answers?.cancel();
  }

  #open(): Promise<Buffer | undefined> {
    const wire = wireRequest(this.#host, this.#request, this.#call);
    const limits = { call: this.#call, deadlineMs: wire.deadlineMs };
    return withAttempts(this.#host, limits, (endpoint) => {
      endpoint.begin();
      const answers = new AnswerStream(endpoint.channel, wire, {
        onAnswer: () => endpoint.heard(),
        onEnd: () => endpoint.end(),
      });
      this.#answers = answers;
      if (this.#done) answers.cancel();
      return answers.read();
    });
  }
}

/** The deadline is the caller's, but never later than what the configuration allows. */
function wireRequest({ method, config }: MethodHost, request: AnyInit, call: Call): WireRequest {
  const allowedMs = method.methodKind === "unary" ? config.timeoutMs : config.streamTimeoutMs;
  const latestMs = isEndless(method) ? Number.POSITIVE_INFINITY : Date.now() + allowedMs;
  return {
    path: pathOf(method),
    metadata: callMetadata(call),
    bytes: encodeRequest(method, request),
    deadlineMs: Math.min(latestMs, call.deadlineMs ?? Number.POSITIVE_INFINITY),
    signal: call.signal,
  };
}

interface Limits {
  readonly call: Call;
  readonly deadlineMs: number;
}

async function withAttempts<Result>(
  { method, pool, config, log }: MethodHost,
  { call, deadlineMs }: Limits,
  attempt: (endpoint: Endpoint) => Promise<Result>,
): Promise<Result> {
  const tried = new Set<Endpoint>();
  const refusedUntilMs = Date.now() + config.connectWaitMs;
  for (let attempts = 1; ; attempts += 1) {
    let endpoint: Endpoint | undefined;
    try {
      const picked = pool.pick({ tried, deadlineMs, signal: call.signal });
      // Without a turn in between, so that calls of the same moment see each other as load.
      endpoint = picked instanceof Promise ? await picked : picked;
      return await attempt(endpoint);
    } catch (error) {
      if (!endpoint || !isWorthRepeating(error, method)) throw publicError(error, call);
      endpoint.setAside();
      tried.add(endpoint);
      // The only replica turns calls away until it has been replaced; that is worth waiting for.
      const isLast = wasRefused(error)
        ? Date.now() > refusedUntilMs
        : attempts >= config.attemptsMax;
      if (call.signal.aborted || isLast) throw publicError(error, call);
      log.debug({ error, endpoint: endpoint.address, method: pathOf(method) }, "repeating a call");
    }
  }
}

const wasRefused = (error: unknown): boolean =>
  error instanceof StatusError && wasNotProcessed(error.status);

const isWorthRepeating = (error: unknown, method: DescMethod): boolean =>
  wasRefused(error) ||
  (error instanceof StatusError && isRepeatable(method) && isTransportFailure(error.status));

function publicError(error: unknown, { signal }: Call): AppError {
  if (signal.aborted) {
    if (signal.reason instanceof AppError) return signal.reason;
    return new AppError("request.cancelled", "The request was cancelled.", {
      cause: signal.reason,
    });
  }
  return error instanceof StatusError ? fromStatus(error.status) : AppError.from(error);
}
