import type { AppError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import type { RequestRecord } from "./request-record.ts";

/** Logs of a failed request what its access-log line cannot tell: our own defects and causes. */
export function logFailure(log: Logger, record: RequestRecord, error: AppError): void {
  const line = { requestId: record.requestId, route: record.route, error };
  if (error.code === "internal") log.error(line, "request failed");
  else if (error.status.http >= 500 && error.cause !== undefined) log.warn(line, "request failed");
}
