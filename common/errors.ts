/**
 * Every error that a client of ours can meet: its HTTP status, its gRPC status and the `type` that
 * OpenAI's error shape gives it. `docs/errors.md` lists the same codes; a test keeps the two equal.
 */
export const errorCodes = {
  "request.invalid": { http: 400, grpc: "INVALID_ARGUMENT", openai: "invalid_request_error" },
  "request.not_found": { http: 404, grpc: "NOT_FOUND", openai: "invalid_request_error" },
  "request.method_not_allowed": {
    http: 405,
    grpc: "UNIMPLEMENTED",
    openai: "invalid_request_error",
  },
  "request.timeout": { http: 408, grpc: "DEADLINE_EXCEEDED", openai: "invalid_request_error" },
  "request.too_large": { http: 413, grpc: "OUT_OF_RANGE", openai: "invalid_request_error" },
  "request.unsupported_media_type": {
    http: 415,
    grpc: "INVALID_ARGUMENT",
    openai: "invalid_request_error",
  },
  "request.headers_too_large": { http: 431, grpc: "OUT_OF_RANGE", openai: "invalid_request_error" },
  "request.too_many": { http: 429, grpc: "RESOURCE_EXHAUSTED", openai: "rate_limit_error" },
  "request.cancelled": { http: 499, grpc: "CANCELLED", openai: "invalid_request_error" },
  "resource.not_found": { http: 404, grpc: "NOT_FOUND", openai: "invalid_request_error" },
  "resource.conflict": { http: 409, grpc: "ALREADY_EXISTS", openai: "invalid_request_error" },
  "resource.read_only": { http: 409, grpc: "FAILED_PRECONDITION", openai: "invalid_request_error" },
  "auth.required": { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  "auth.invalid_credentials": {
    http: 401,
    grpc: "UNAUTHENTICATED",
    openai: "invalid_request_error",
  },
  "auth.token_invalid": { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  "auth.token_expired": { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  "auth.session_revoked": { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  "auth.user_disabled": { http: 403, grpc: "PERMISSION_DENIED", openai: "invalid_request_error" },
  "auth.too_many_attempts": { http: 429, grpc: "RESOURCE_EXHAUSTED", openai: "rate_limit_error" },
  "auth.forbidden": { http: 403, grpc: "PERMISSION_DENIED", openai: "invalid_request_error" },
  "registration.closed": { http: 403, grpc: "PERMISSION_DENIED", openai: "invalid_request_error" },
  "registration.invite_required": {
    http: 403,
    grpc: "PERMISSION_DENIED",
    openai: "invalid_request_error",
  },
  "registration.invite_invalid": {
    http: 403,
    grpc: "PERMISSION_DENIED",
    openai: "invalid_request_error",
  },
  "registration.setup_token_required": {
    http: 403,
    grpc: "PERMISSION_DENIED",
    openai: "invalid_request_error",
  },
  "user.username_taken": { http: 409, grpc: "ALREADY_EXISTS", openai: "invalid_request_error" },
  "user.email_taken": { http: 409, grpc: "ALREADY_EXISTS", openai: "invalid_request_error" },
  "user.last_owner": { http: 409, grpc: "FAILED_PRECONDITION", openai: "invalid_request_error" },
  "permissions.exceed_owner": {
    http: 403,
    grpc: "PERMISSION_DENIED",
    openai: "invalid_request_error",
  },
  invalid_api_key: { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  api_key_disabled: { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  api_key_expired: { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  api_key_revoked: { http: 401, grpc: "UNAUTHENTICATED", openai: "invalid_request_error" },
  endpoint_not_allowed: { http: 403, grpc: "PERMISSION_DENIED", openai: "invalid_request_error" },
  model_not_allowed: { http: 403, grpc: "PERMISSION_DENIED", openai: "invalid_request_error" },
  ip_not_allowed: { http: 403, grpc: "PERMISSION_DENIED", openai: "invalid_request_error" },
  model_not_found: { http: 404, grpc: "NOT_FOUND", openai: "invalid_request_error" },
  "upstream.blocked_address": { http: 502, grpc: "FAILED_PRECONDITION", openai: "server_error" },
  "upstream.unreachable": { http: 502, grpc: "UNAVAILABLE", openai: "server_error" },
  "upstream.bad_response": { http: 502, grpc: "UNAVAILABLE", openai: "server_error" },
  "upstream.truncated": { http: 502, grpc: "UNAVAILABLE", openai: "server_error" },
  "upstream.timeout": { http: 504, grpc: "DEADLINE_EXCEEDED", openai: "server_error" },
  "service.unavailable": { http: 503, grpc: "UNAVAILABLE", openai: "server_error" },
  "service.timeout": { http: 504, grpc: "DEADLINE_EXCEEDED", openai: "server_error" },
  "service.overloaded": { http: 503, grpc: "RESOURCE_EXHAUSTED", openai: "server_error" },
  "service.shutting_down": { http: 503, grpc: "UNAVAILABLE", openai: "server_error" },
  "events.not_delivered": { http: 503, grpc: "UNAVAILABLE", openai: "server_error" },
  unimplemented: { http: 501, grpc: "UNIMPLEMENTED", openai: "server_error" },
  internal: { http: 500, grpc: "INTERNAL", openai: "server_error" },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly http: number;
  readonly grpc: string;
  readonly openai: string;
}

export type ErrorCode = keyof typeof errorCodes;

/** One thing that was wrong with a request: which field, and why. */
export interface ErrorDetail {
  readonly field: string;
  readonly message: string;
}

export interface AppErrorOptions {
  /** What really happened, for the log only. */
  readonly cause?: unknown;
  readonly details?: readonly ErrorDetail[];
  /** When trying again may help. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error of this program. `message` is safe for clients; `cause` goes to the log, once.
 * It is translated in exactly two places: the gRPC server boundary and the gateway's error handler.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: AppErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status() {
    return errorCodes[this.code];
  }

  /** The error itself when it is ours, else an `internal` one that carries it as its cause. */
  static from(error: unknown): AppError {
    if (error instanceof AppError) return error;
    return new AppError("internal", "Something went wrong on our side.", { cause: error });
  }
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code);
