import { AppError } from "../errors.ts";

/** What travels beside every request, in one process as between processes. */
export interface Call {
  /** Ties together what one outside request causes: log lines, hops, answers. */
  readonly requestId: string;
  /** Aborts when the caller has gone or the deadline has passed. */
  readonly signal: AbortSignal;
  /** W3C `traceparent` of the caller, handed on unchanged. */
  readonly traceparent?: string | undefined;
  /**
   * When the caller stops waiting, ms since the epoch; whoever calls on hands it on. Unset, a remote
   * call takes the deadline of its client's configuration.
   */
  readonly deadlineMs?: number | undefined;
}

/** Why a call was aborted: its caller has left, unless whoever aborted it says otherwise. */
export const abortReason = ({ signal }: Call): AppError =>
  signal.reason instanceof AppError
    ? signal.reason
    : new AppError("request.cancelled", "The caller has left.");
