import type { AppError } from "../../../common/errors.ts";
import type { Outcome } from "./messages.ts";

/** How a request ended that failed after its head had gone out. */
export function outcomeOf({ code }: AppError): Outcome {
  switch (code) {
    case "upstream.timeout":
      return "upstream_timeout";
    case "upstream.truncated":
      return "upstream_truncated";
    case "service.shutting_down":
      return "shutdown";
    default:
      return "upstream_error";
  }
}
