import { AppError } from "../../common/errors.ts";

export interface Target {
  /** Decoded; "*" for `OPTIONS *`. */
  readonly path: string;
  /** What follows the "?", as it was sent. */
  readonly query: string;
  /** Path and query as they were sent, without scheme and authority. */
  readonly raw: string;
}

/** Below these a name follows that may itself hold slashes, so there they may come encoded. */
const namePrefixes = ["/v1/models/", "/v1/openai/models/", "/api/v1/models/"];

const plainPathPattern = /^(?:\/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)+$/;

/**
 * Reads a request target, once, for authorisation and dispatch alike. Whatever two readers could
 * understand differently is refused: dot segments, empty segments, encoded separators, controls.
 *
 * @throws `request.invalid`
 */
export function parseTarget(target: string, method: string, host: string | undefined): Target {
  if (target === "*") {
    if (method !== "OPTIONS") throw invalid("The target * is for OPTIONS only.");
    return { path: "*", query: "", raw: "*" };
  }
  const raw = target.startsWith("/") ? target : originForm(target, host);
  const mark = raw.indexOf("?");
  const encodedPath = mark < 0 ? raw : raw.slice(0, mark);
  const query = mark < 0 ? "" : raw.slice(mark + 1);
  if (!isVisibleAscii(query)) throw invalid("The query holds characters that have to be encoded.");
  const path = plainPathPattern.test(encodedPath) ? encodedPath : decodePath(encodedPath);
  return { path, query, raw };
}

/** What a proxy is asked for: it has to name the same host as the Host header. */
function originForm(target: string, host: string | undefined): string {
  const match = /^https?:\/\/([^/?#]+)([/?].*)?$/i.exec(target);
  if (!match) throw invalid("The request target is not a path.");
  const [, authority = "", rest = "/"] = match;
  if (host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    throw invalid("The request target and the Host header name different hosts.");
  }
  return rest.startsWith("?") ? `/${rest}` : rest;
}

function decodePath(encoded: string): string {
  if (!isVisibleAscii(encoded) || /[\\#<>"^`{|}]/.test(encoded)) {
    throw invalid("The path holds characters that have to be encoded.");
  }
  if (/%(?:2f|5c)/i.test(encoded) && !namePrefixes.some((prefix) => encoded.startsWith(prefix))) {
    throw invalid("The path holds an encoded separator.");
  }
  const path = decodePercent(encoded);
  if (hasControl(path) || path.includes("\\")) throw invalid("The path holds a control character.");
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    throw invalid("The path holds a dot segment.");
  }
  // One at the end is just a trailing slash.
  if (segments.slice(0, -1).includes("")) throw invalid("The path holds an empty segment.");
  return path;
}

function decodePercent(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    throw new AppError("request.invalid", "The path is not correctly encoded.", { cause: error });
  }
}

const isVisibleAscii = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

// biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the point
const hasControl = (text: string): boolean => /[\x00-\x1f\x7f-\x9f]/.test(text);

const invalid = (message: string) => new AppError("request.invalid", message);
