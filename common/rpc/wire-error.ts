import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { z } from "zod";
import { AppError, type ErrorCode, type ErrorDetail, isErrorCode } from "../errors.ts";

/** JSON in UTF-8; the suffix makes it binary, so that any text passes. */
const errorKey = "apirouter-error-bin";
/** Says that the server turned the call away before looking at it. */
const refusedKey = "apirouter-refused";

/** Node's HTTP/2 takes 64 KiB of headers and trailers; base64 adds a third. */
const errorBytesMax = 24 * 1024;
const messageCharsMax = 2_000;

const WireError = z.object({
  code: z.string(),
  message: z.string(),
  details: z.array(z.object({ field: z.string(), message: z.string() })),
  retryAfterSeconds: z.number().optional(),
});

/** An error as it goes over the wire: its code and public parts, never its cause. */
export function toStatus(error: AppError, options: { refused?: boolean } = {}): StatusObject {
  const metadata = new Metadata();
  metadata.set(errorKey, encode(error));
  if (options.refused) metadata.set(refusedKey, "1");
  // The message is for foreign clients; a lone surrogate in it would break grpc-js's encodeURI.
  const details = error.message.slice(0, messageCharsMax).toWellFormed();
  return { code: status[error.status.grpc], details, metadata };
}

/** The error that the server sent, or the one that says best how the transport failed. */
export function fromStatus(failed: StatusObject): AppError {
  return decode(failed) ?? transportError(failed);
}

/** True when no server has begun to process the call, so that it may be made again anywhere. */
export const wasNotProcessed = (failed: StatusObject): boolean =>
  failed.metadata.get(refusedKey).length > 0 ||
  (isTransportFailure(failed) && refusals.some((start) => failed.details.startsWith(start)));

/** True when it was the service that said so, and not grpc-js on either side. */
export const isServersOwn = (failed: StatusObject): boolean =>
  failed.metadata.get(errorKey).length > 0;

/** True when it was the connection that failed, or the server's end of it, not the service. */
export const isTransportFailure = (failed: StatusObject): boolean =>
  !isServersOwn(failed) &&
  (failed.code === status.UNAVAILABLE ||
    failed.code === status.CANCELLED ||
    (failed.code === status.INTERNAL && /^(Failed to start|Received RST)/.test(failed.details)));

/**
 * How grpc-js words failures after which nothing can have reached the service. It knows as much
 * itself ("progress") but does not hand it out; `wire-error.test.ts` provokes them.
 */
const refusals = [
  "No connection established",
  "Name resolution failed",
  "Stream refused by server",
  "Channel closed before call started",
  "Failed to start HTTP/2 stream",
];

function encode(error: AppError): Buffer {
  const message = error.message.slice(0, messageCharsMax);
  const base = { code: error.code, message, retryAfterSeconds: error.retryAfterSeconds };
  const details: ErrorDetail[] = [];
  let bytesLeft = errorBytesMax - JSON.stringify(base).length * 3;
  for (const detail of error.details) {
    bytesLeft -= Buffer.byteLength(JSON.stringify(detail)) + 1;
    if (bytesLeft < 0) break;
    details.push(detail);
  }
  return Buffer.from(JSON.stringify({ ...base, details }));
}

function decode(failed: StatusObject): AppError | undefined {
  const [value] = failed.metadata.get(errorKey);
  if (!Buffer.isBuffer(value)) return;
  const parsed = WireError.safeParse(parseJson(value.toString()));
  if (!parsed.success || !isErrorCode(parsed.data.code)) return;
  const { code, message, details, retryAfterSeconds } = parsed.data;
  return new AppError(code, message, {
    details,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return;
  }
}

const transportErrors: { readonly [grpcStatus: number]: readonly [ErrorCode, string] } = {
  // Cancelled from the other side: our own cancelling never gets here.
  [status.CANCELLED]: ["service.unavailable", "A service cannot be reached at the moment."],
  [status.DEADLINE_EXCEEDED]: ["service.timeout", "A service did not answer in time."],
  [status.UNAVAILABLE]: ["service.unavailable", "A service cannot be reached at the moment."],
  [status.RESOURCE_EXHAUSTED]: ["service.overloaded", "A service has too much to do."],
  [status.UNIMPLEMENTED]: ["unimplemented", "The service does not know this method."],
};

function transportError(failed: StatusObject): AppError {
  const cause = new Error(`gRPC status ${status[failed.code]}: ${failed.details}`);
  if (failed.code === status.RESOURCE_EXHAUSTED && /larger than/.test(failed.details)) {
    return new AppError("request.too_large", "The message is too large.", { cause });
  }
  const [code, message] = transportErrors[failed.code] ?? [
    "internal",
    "Something went wrong on our side.",
  ];
  return new AppError(code, message, { cause });
}
