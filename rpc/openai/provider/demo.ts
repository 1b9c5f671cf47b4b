import { serveDemo } from "./demo/serve-demo.ts";
import { openaiLike, type Provider } from "./provider.ts";

/** A model that lives in this process, to see everything work with no provider account. */
export const demo: Provider = {
  ...openaiLike,
  name: "demo",
  // Never asked: names below `.invalid` do not exist (RFC 2606).
  baseUrl: "http://demo.invalid/v1",
  serve: serveDemo,
};
