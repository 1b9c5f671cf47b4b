import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

/** Nothing we serve loads, frames or runs anything; the one page with a style of its own says so. */
export const safeHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  // Whether this host speaks TLS for good is known to whoever terminates it, not to us.
  strictTransportSecurity: false,
  overwrite: false,
});

/** Answers under the API are one person's, and some carry secrets. */
export const noStore = createMiddleware(async (c, next) => {
  await next();
  c.header("cache-control", "no-store");
});
