import type { IncomingMessage, ServerResponse } from "node:http";
import type { Call } from "../../common/rpc/call.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { RequestRecord } from "./request-record.ts";

/** One request and its answer, from the front to the access log. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  /** Goes with every call that this request causes. */
  readonly call: Call;
  /** Ends everything that runs for this request. */
  abort(): void;
  /** The target as the client sent it, without scheme and authority. */
  readonly rawTarget: string;
  /** What the route's pattern left open, decoded: the id in "/v1/models/{id}". */
  readonly parameter: string;
  readonly body: BodyState;
}

/** Where the request's body stands. */
export interface BodyState {
  /** False when the request has none. */
  readonly expected: boolean;
  /** Bytes that the client announced; undefined when it sends chunks. */
  readonly length: number | undefined;
  /** The client waits for "100 Continue" before it sends the body. */
  awaitsContinue: boolean;
  /** What comes cannot be read as HTTP: nothing further will arrive. */
  broken: boolean;
  /** Bytes of it that are held, out of the budget; given back when the exchange is over. */
  heldBytes: number;
  readonly budget: ByteBudget;
}
