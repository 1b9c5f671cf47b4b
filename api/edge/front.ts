import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { AppError, errorCodes } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import { Roster } from "../../common/roster.ts";
import type { GatewayConfig } from "../config.ts";
import { logAccess } from "./access-log.ts";
import { answerError, isDataPlane } from "./answer.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type CheckedRequest, checkRequest } from "./check-request.ts";
import { type ClientAddress, createClientAddress } from "./client-address.ts";
import { clientErrorFrom, refuseConnection } from "./client-error.ts";
import { type Connection, createConnections } from "./connection.ts";
import { type Cors, createCors } from "./cors.ts";
import type { Exchange } from "./exchange.ts";
import { logFailure } from "./log-failure.ts";
import { openExchange } from "./open-exchange.ts";
import { allowHeader, allowsMethod, type FindRoute, type RouteMatch } from "./route.ts";

export interface FrontOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly findRoute: FindRoute;
}

/** Takes every request of a listener: checks it, finds its route, answers failures, logs its end. */
export class Front {
  /** Set when the listener's address is known. */
  loopbackListener = true;
  readonly #limits: GatewayConfig["limits"];
  readonly #log: Logger;
  readonly #findRoute: FindRoute;
  readonly #clientAddress: ClientAddress;
  readonly #cors: Cors;
  readonly #connectionOf = createConnections();
  readonly #bodies: ByteBudget;
  readonly #inFlight = new Roster<Exchange>();
  #draining = false;
  #onIdle = () => {};

  constructor({ config, log, findRoute }: FrontOptions) {
    this.#limits = config.limits;
    this.#bodies = new ByteBudget(config.limits.bodiesBytesMax);
    this.#log = log;
    this.#findRoute = findRoute;
    this.#clientAddress = createClientAddress(config.trustedProxies);
    this.#cors = createCors(config.corsOrigins);
  }

  serve(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const connection = this.#connectionOf(request.socket);
    const checked = this.#check(request);
    const passed = checked instanceof AppError ? undefined : checked;
    const match = passed && this.#findRoute(passed.target.path);
    const exchange = openExchange({
      request,
      response,
      checked: passed,
      ip: this.#clientAddress(connection.peer, request.headers["x-forwarded-for"]),
      loopbackListener: this.loopbackListener,
      route: match?.route.pattern ?? "",
      parameter: match?.parameter ?? "",
      awaitsContinue,
      budget: this.#bodies,
    });
    if (this.#draining) response.shouldKeepAlive = false;
    const leaveInFlight = this.#inFlight.enter(exchange);
    connection.exchanges.push(exchange);
    const handled = this.#run(exchange, connection, () => {
      if (checked instanceof AppError) throw checked;
      return this.#route(exchange, checked, match);
    });
    const onClose = () => {
      if (!connection.forget(exchange)) return;
      leaveInFlight();
      this.#close(exchange, connection, handled);
    };
    response.once("close", onClose);
    // A pipelined answer that never got its turn closes only with its request.
    request.once("error", onClose);
  }

  /** Answers what Node's parser could not read, or what took too long. */
  refuse(cause: Error, socket: Socket): void {
    const { exchanges } = this.#connectionOf(socket);
    const unfinished = exchanges.find(({ request }) => !request.complete);
    const error = clientErrorFrom(cause);
    if (unfinished && exchanges.length === 1 && !unfinished.response.headersSent) {
      unfinished.body.broken = true;
      this.#fail(unfinished, error);
    } else if (unfinished || !socket.writable || ("code" in cause && cause.code === "ECONNRESET")) {
      socket.destroy();
    } else if (exchanges.length > 0) {
      // What follows good requests is broken: they are answered, then the connection ends.
      for (const { response } of exchanges) response.shouldKeepAlive = false;
    } else {
      this.#refuseConnection(socket, error);
    }
  }

  /** Nothing has moved on a connection for a while: in or out, or of what is to go out. */
  quiet(socket: Socket): void {
    const { exchanges } = this.#connectionOf(socket);
    // Without bytes to take, a client waits for us as it should.
    if (exchanges.length > 0 && socket.writableLength === 0) return;
    for (const { record } of exchanges) record.outcome = "reader_stalled";
    socket.destroy();
  }

  /** From now on every answer is the last of its connection. */
  drain(): void {
    this.#draining = true;
    for (const { response } of this.#inFlight) response.shouldKeepAlive = false;
  }

  /** Resolves when nothing is being served. */
  idle(): Promise<void> {
    if (this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Ends whatever is being served with an error, or without one where an answer has begun. */
  endAll(error: AppError): void {
    for (const exchange of this.#inFlight) {
      this.#fail(exchange, error);
      exchange.abort();
    }
  }

  #check(request: IncomingMessage): CheckedRequest | AppError {
    try {
      return checkRequest(request, this.#limits.headerCountMax);
    } catch (error) {
      return AppError.from(error);
    }
  }

  /** Never rejects. */
  async #run(exchange: Exchange, connection: Connection, route: () => void | Promise<void>) {
    try {
      if (connection.exchanges.length > this.#limits.pipelinedRequestsMax) {
        exchange.response.shouldKeepAlive = false;
        throw overloaded();
      }
      await route();
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #route(exchange: Exchange, { target }: CheckedRequest, match: RouteMatch | undefined) {
    const { request, response, record } = exchange;
    if (isDataPlane(target.path)) this.#cors(exchange);
    if (target.path === "*") return answerOptions(response, record.requestId);
    if (!match) throw notFound(target.path, record.method);
    const { route } = match;
    if (!route.alwaysAdmitted && this.#inFlight.size > this.#limits.requestsInFlightMax) {
      throw overloaded();
    }
    if (route.methods && !allowsMethod(route.methods, record.method)) {
      response.setHeader("allow", allowHeader(route.methods));
      if (record.method === "OPTIONS") return answerOptions(response, record.requestId);
      const message = `${record.method} is not served here; ${allowHeader(route.methods)} are.`;
      throw new AppError("request.method_not_allowed", message);
    }
    if (request.destroyed) throw new AppError("request.cancelled", "The client left.");
    return route.handle(exchange);
  }

  /** The gateway's error handler: whatever was thrown becomes an answer, and a log line if it is news. */
  #fail(exchange: Exchange, thrown: unknown): void {
    const { response, record } = exchange;
    const error = AppError.from(thrown);
    if (error.code !== "request.cancelled" || !record.signal.aborted) {
      record.errorCode ??= error.code;
    }
    logFailure(this.#log, record, error);
    if (response.writableEnded || response.destroyed) return;
    try {
      // Once an answer has begun only a broken connection tells that it is not whole.
      if (response.headersSent) response.destroy();
      else answerError(exchange, error, this.#limits);
    } catch (cause) {
      this.#log.error({ requestId: record.requestId, error: cause }, "cannot answer");
      response.destroy();
    }
  }

  async #close(exchange: Exchange, connection: Connection, handled: Promise<void>) {
    const { response, record } = exchange;
    const endedAt = performance.now();
    const bytes = connection.takeBytes();
    if (!response.writableFinished) {
      record.outcome ??= "client_gone";
      exchange.abort();
    }
    if (this.#inFlight.size === 0) this.#onIdle();
    // What the handler learns last, such as usage, belongs into the line too.
    await handled;
    this.#bodies.giveBack(exchange.body.heldBytes);
    const status = response.headersSent
      ? response.statusCode
      : errorCodes["request.cancelled"].http;
    if (response.headersSent) record.firstByteAt ??= endedAt;
    logAccess(this.#log, record, { status, endedAt, ...bytes });
  }

  #refuseConnection(socket: Socket, error: AppError): void {
    const { peer } = this.#connectionOf(socket);
    const { requestId } = refuseConnection(socket, error, this.#limits.lingerTimeoutMs);
    const line = {
      requestId,
      ip: peer,
      status: errorCodes[error.code].http,
      errorCode: error.code,
    };
    this.#log.info({ ...line, outcome: "refused" }, "request");
  }
}

function answerOptions(response: ServerResponse, requestId: string): void {
  response.writeHead(204, { "x-request-id": requestId });
  response.end();
}

const overloaded = () =>
  new AppError("service.overloaded", "The gateway is busy; try again in a moment.", {
    retryAfterSeconds: 1,
  });

const notFound = (path: string, method: string) =>
  new AppError(
    "request.not_found",
    isDataPlane(path) ? `Unknown request URL: ${method} ${path}.` : "There is nothing here.",
  );
