import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";

/** What the upstream saw of one request and what became of its answer; times on one clock. */
export interface LedgerEntry {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Header names as they came, with their repetitions. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly receivedAt: number;
  /** Bytes of the answer's body that the kernel or the client has taken. */
  bytesAccepted: number;
  /** When the client cut the connection before the answer was whole. */
  abortedAt?: number;
  finishedAt?: number;
}

/** Plays one answer. `answer` carries what a script needs beyond Node's own response. */
export type UpstreamScript = (answer: ScriptedAnswer, entry: LedgerEntry) => Promise<void> | void;

export interface ScriptedAnswer {
  readonly response: ServerResponse;
  readonly socket: Socket;
  head(status: number, headers?: Record<string, string | string[]>): void;
  /** Resolves when the bytes were accepted, so a slow reader is felt; at once when the client left. */
  write(bytes: string | Uint8Array): Promise<void>;
  end(): void;
  /** Cuts the connection where it stands. */
  cut(): void;
  /** Resolves when the client has cut the connection. */
  readonly aborted: Promise<void>;
}

export interface TestUpstream {
  readonly origin: string;
  /** What a channel would have as its base URL. */
  readonly baseUrl: string;
  readonly ledger: LedgerEntry[];
  /** The script for all requests from now on. */
  play(script: UpstreamScript): void;
  /** Resolves with the request's entry when so many requests have come. */
  received(count?: number): Promise<LedgerEntry>;
  connections(): number;
  close(): Promise<void>;
}

/** A provider on a free port of this machine. With a test's context it closes when the test ends. */
export async function startUpstream(
  script: UpstreamScript = answerJson(200, { ok: true }),
  test?: Pick<TestContext, "after">,
): Promise<TestUpstream> {
  let current = script;
  const ledger: LedgerEntry[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();

  const server = createServer(async (request, response) => {
    const entry = await receive(request);
    ledger.push(entry);
    for (const check of waiting) check();
    const answer = scriptedAnswer(response, entry);
    try {
      await current(answer, entry);
    } catch {
      answer.cut();
    }
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  test?.after(close);
  return {
    origin,
    baseUrl: `${origin}/v1`,
    ledger,
    play: (next) => {
      current = next;
    },
    received: (count = 1) =>
      new Promise((resolve) => {
        const check = () => {
          const entry = ledger[count - 1];
          if (!entry) return;
          waiting.delete(check);
          resolve(entry);
        };
        waiting.add(check);
        check();
      }),
    connections: () => sockets.size,
    close,
  };
}

async function receive(request: IncomingMessage): Promise<LedgerEntry> {
  const receivedAt = performance.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers as Record<string, string | undefined>,
    rawHeaders: request.rawHeaders,
    body: Buffer.concat(chunks),
    receivedAt,
    bytesAccepted: 0,
  };
}

function scriptedAnswer(response: ServerResponse, entry: LedgerEntry): ScriptedAnswer {
  const socket = response.socket as Socket;
  const closed = new Promise<void>((resolve) => response.on("close", resolve));
  const aborted = new Promise<void>((resolve) => {
    response.on("close", () => {
      if (response.writableFinished) {
        entry.finishedAt = performance.now();
        return;
      }
      entry.abortedAt = performance.now();
      resolve();
    });
  });
  response.on("error", () => {});
  return {
    response,
    socket,
    aborted,
    head: (status, headers = {}) => {
      response.writeHead(status, headers);
      // Sends the head as the Latin-1 it is; `flushHeaders` would make it UTF-8.
      response.write(new Uint8Array());
    },
    write: async (bytes) => {
      if (response.destroyed) return;
      const accepted = new Promise<void>((resolve) => {
        response.write(bytes, (error) => {
          if (!error) entry.bytesAccepted += Buffer.byteLength(bytes);
          resolve();
        });
      });
      await Promise.race([accepted, closed]);
    },
    end: () => void response.end(),
    cut: () => void socket.destroy(),
  };
}

/** Answers with JSON at once. */
export const answerJson =
  (
    status: number,
    body: unknown,
    headers: Record<string, string | string[]> = {},
  ): UpstreamScript =>
  ({ response }) => {
    const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": bytes.length,
      ...headers,
    });
    response.end(bytes);
  };

/** Streams the chunks one by one, each in its own write. */
export const answerStream =
  (
    chunks: readonly (string | Uint8Array)[],
    headers: Record<string, string> = {},
  ): UpstreamScript =>
  async ({ head, write, end }) => {
    head(200, { "content-type": "text/event-stream", ...headers });
    for (const chunk of chunks) await write(chunk);
    end();
  };
