import { answerJson } from "./answer.ts";
import type { Route } from "./route.ts";

/** "Do not restart me", and "send me requests". Neither asks anything of another process. */
export const createHealthRoutes = (isReady: () => boolean) => ({
  "/healthz": healthRoute("/healthz", () => true),
  "/readyz": healthRoute("/readyz", isReady),
});

const healthRoute = (pattern: string, isFine: () => boolean): Route => ({
  pattern,
  methods: ["GET"],
  alwaysAdmitted: true,
  handle(exchange) {
    exchange.response.setHeader("cache-control", "no-store");
    if (isFine()) answerJson(exchange, 200, { status: "ok" });
    else answerJson(exchange, 503, { status: "unready" });
  },
});
