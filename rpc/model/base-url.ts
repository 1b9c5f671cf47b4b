interface BaseUrlLimits {
  readonly baseUrlCharsMax: number;
}

/** What is wrong with a base URL; undefined when nothing is. */
export function baseUrlFault(text: string, { baseUrlCharsMax }: BaseUrlLimits): string | undefined {
  if (text.length > baseUrlCharsMax) return `expected at most ${baseUrlCharsMax} characters`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return "expected an http or https URL";
  }
  // Looked for in the text, as the parser repairs these or drops them when empty.
  if (/[\s\\]/.test(text)) return "expected a URL without spaces and backslashes";
  if (/[?#]/.test(text)) return "expected a URL without query and fragment";
  if (url.username !== "" || url.password !== "") {
    return "expected a URL without user name and password; give the secret as credential";
  }
  return undefined;
}

/** One spelling of a base URL: the parser's, without a slash at its end; empty stays empty. */
export const normalBaseUrl = (text: string): string =>
  text === "" ? "" : new URL(text).href.replace(/\/+$/, "");

/**
 * Whether a credential for one base URL may be sent to the other. The provider's own address is not
 * known here, so it counts as an origin of its own.
 */
export const sameOrigin = (one: string, other: string): boolean =>
  one === other || (one !== "" && other !== "" && new URL(one).origin === new URL(other).origin);
