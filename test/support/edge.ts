import { connect } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import type { z } from "zod";
import { GatewayConfig } from "../../api/config.ts";
import { createFindRoute, type RouteTable } from "../../api/edge/route.ts";
import { startEdge } from "../../api/edge/server.ts";

export type LogLine = Record<string, unknown>;

/** A log that is kept, and can be waited for. */
export function recordLog() {
  const lines: LogLine[] = [];
  let wake = () => {};
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      wake();
      done();
    },
  });
  const next = async (matches: (line: LogLine) => boolean): Promise<LogLine> => {
    for (;;) {
      const found = lines.find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { log: pino({ level: "debug" }, stream), lines, next };
}

/** An edge on a free port that serves the given routes. */
export async function startTestEdge(
  table: Partial<RouteTable>,
  overrides: z.input<typeof GatewayConfig> = {},
) {
  const config = GatewayConfig.parse({ drainAcceptMs: 0, drainStreamsMs: 0, ...overrides });
  const { log, lines, next } = recordLog();
  const findRoute = createFindRoute({ exact: {}, prefixes: {}, closed: [], ...table });
  const edge = await startEdge({ config, log, findRoute, host: "127.0.0.1", port: 0 });
  return { ...edge, lines, nextLine: next, stop: () => edge.drain(() => {}) };
}

/** Sends bytes as they are and gives back what comes until the server closes or `enough` says so. */
export function exchangeBytes(
  url: string,
  bytes: string | Buffer,
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = "";
    socket.setEncoding("latin1").on("data", (chunk) => {
      received += chunk;
      if (enough(received)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  });
}

/** The status of a raw answer; 0 when the connection just closed. */
export const statusOf = (answer: string): number =>
  Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

/** Whether a raw answer has arrived whole: its headers, and a body of the length they give. */
export function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(answer)?.[1];
  return length === undefined || answer.length - end - 4 >= Number(length);
}
