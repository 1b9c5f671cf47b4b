import { AppError } from "../../common/errors.ts";
import type { GatewayContext } from "../context.ts";
import { managementError } from "../edge/error-response.ts";
import { logFailure } from "../edge/log-failure.ts";
import type { ManagementRequest } from "../types/management.ts";

export type AnswerError = (thrown: unknown, request: ManagementRequest) => Response;

/** Turns whatever a route throws into an answer, and logs what the access log cannot tell, once. */
export function createAnswerError(
  { log }: Pick<GatewayContext, "log">,
  shape = managementError,
): AnswerError {
  return (thrown, { env: { record } }) => {
    const error = AppError.from(thrown);
    record.errorCode = error.code;
    logFailure(log, record, error);
    const { status, headers, body } = shape(error, record.requestId);
    const response = new Response(body, { status, headers });
    if (status === 401) response.headers.set("www-authenticate", challenge(error));
    return response;
  };
}

/** RFC 6750: who sent no token is told only what to send, who sent a bad one also why. */
const challenge = ({ code }: AppError): string =>
  code === "auth.required" || code === "auth.invalid_credentials"
    ? 'Bearer realm="apirouter"'
    : `Bearer realm="apirouter", error="invalid_token", error_description="${code}"`;
