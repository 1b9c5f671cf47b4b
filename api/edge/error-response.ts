import { type AppError, errorCodes } from "../../common/errors.ts";

export interface ErrorResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A failure in the management API's shape. */
export function managementError(error: AppError, requestId: string): ErrorResponse {
  const status = errorCodes[error.code].http;
  const body = {
    code: status,
    message: error.message,
    error: error.code,
    request_id: requestId,
    details: error.details,
  };
  return { status, headers: errorHeaders(error, requestId), body: JSON.stringify(body) };
}

/** A failure in OpenAI's shape, as its official clients expect it. */
export function openaiError(error: AppError, requestId: string): ErrorResponse {
  return {
    status: errorCodes[error.code].http,
    headers: errorHeaders(error, requestId),
    body: JSON.stringify(openaiErrorBody(error)),
  };
}

/** OpenAI's error object; also what an error event in a stream carries. */
export const openaiErrorBody = (error: AppError) => ({
  error: {
    message: error.message,
    type: errorCodes[error.code].openai,
    param: error.details[0]?.field ?? null,
    code: error.code,
  },
});

const errorHeaders = (error: AppError, requestId: string): Record<string, string> => ({
  "content-type": "application/json",
  "x-request-id": requestId,
  ...(error.retryAfterSeconds === undefined
    ? {}
    : { "retry-after": String(error.retryAfterSeconds) }),
});
