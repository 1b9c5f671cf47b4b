import type { IncomingMessage } from "node:http";
import { AppError } from "../../common/errors.ts";
import { parseTarget, type Target } from "./target.ts";

/** Methods that any route of ours could take. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Headers that mean something to us and would be ambiguous if they came twice; Node keeps the first
 * of some and joins others. By length, so that most headers cost one comparison.
 */
const singletons = new Set([
  "host",
  "authorization",
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
  "expect",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
]);
const singletonLengths = new Set([...singletons].map((name) => name.length));

const hostPattern = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const contentLengthPattern = /^\d{1,15}$/;

export interface CheckedRequest {
  readonly target: Target;
  /** Whether a body follows the headers. */
  readonly hasBody: boolean;
  /** The body's length when the client said it. */
  readonly contentLength: number | undefined;
}

/**
 * What stock Node lets through and we do not: anything on which two HTTP readers could disagree.
 * Runs before routing; api/edge/http11-probe.test.ts replays the attacks.
 *
 * @throws `request.invalid`, `request.headers_too_large`, `request.method_not_allowed`
 */
export function checkRequest(request: IncomingMessage, headerCountMax: number): CheckedRequest {
  const { headers, httpVersion } = request;
  const method = request.method ?? "";
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw invalid("Speak HTTP/1.1.");
  checkHeaderFields(request.rawHeaders, headerCountMax);
  if (!methods.has(method)) {
    throw new AppError("request.method_not_allowed", `The method ${method} is not served here.`);
  }
  checkHost(headers.host, httpVersion);
  const encoding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (encoding !== undefined && (encoding.toLowerCase() !== "chunked" || httpVersion === "1.0")) {
    throw invalid("The only Transfer-Encoding served here is chunked, in HTTP/1.1.");
  }
  if (length !== undefined && (encoding !== undefined || !contentLengthPattern.test(length))) {
    throw invalid("The Content-Length is not valid.");
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue") {
    throw invalid("The only expectation served here is 100-continue.");
  }
  const contentLength = length === undefined ? undefined : Number(length);
  return {
    target: parseTarget(request.url ?? "", method, headers.host),
    hasBody: encoding !== undefined || (contentLength ?? 0) > 0,
    contentLength,
  };
}

function checkHeaderFields(rawHeaders: readonly string[], headerCountMax: number): void {
  if (rawHeaders.length > headerCountMax * 2) {
    throw new AppError("request.headers_too_large", "The request has too many header fields.");
  }
  let seen: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!singletonLengths.has(name.length)) continue;
    const lower = name.toLowerCase();
    if (!singletons.has(lower)) continue;
    seen ??= new Set();
    if (seen.has(lower)) throw invalid(`The header ${lower} came more than once.`);
    seen.add(lower);
  }
}

function checkHost(host: string | undefined, httpVersion: string): void {
  if (host === undefined && httpVersion === "1.0") return;
  if (host === undefined || !hostPattern.test(host)) throw invalid("The Host header is not valid.");
}

const invalid = (message: string) => new AppError("request.invalid", message);
