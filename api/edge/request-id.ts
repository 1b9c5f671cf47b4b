import { randomUUIDv7 } from "node:crypto";

const clientIdPattern = /^[A-Za-z0-9._:/+=-]{1,128}$/;
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The id that the client sent, when it is safe to print anywhere, else a new UUIDv7. */
export const requestIdFrom = (sent: string | string[] | undefined): string =>
  typeof sent === "string" && clientIdPattern.test(sent) ? sent : randomUUIDv7();

/** The W3C trace context that the client sent, when it is one. */
export const traceparentFrom = (sent: string | string[] | undefined): string | undefined =>
  typeof sent === "string" && traceparentPattern.test(sent) ? sent : undefined;
