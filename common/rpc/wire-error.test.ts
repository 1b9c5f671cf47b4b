import assert from "node:assert/strict";
import { once } from "node:events";
import {
  constants,
  createServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type TestContext, test } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { freePort } from "../../test/support/ports.ts";
import { createChannel } from "./channel.ts";
import { callUnary, StatusError } from "./client-call.ts";
import { RpcClientConfig } from "./rpc-config.ts";
import { fromStatus, wasNotProcessed } from "./wire-error.ts";

test("a port on which nobody listens: certainly not processed", async (t) => {
  await expectFailure(t, `127.0.0.1:${await freePort()}`, { processed: false });
});

test("a name that does not resolve: certainly not processed", async (t) => {
  await expectFailure(t, "no-such-host.invalid:9000", { processed: false });
});

test("a stream that the server refused: certainly not processed", async (t) => {
  const address = await serveHttp2(t, (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  await expectFailure(t, address, { processed: false });
});

test("a connection that dies after the request left: perhaps processed", async (t) => {
  const address = await serveHttp2(t, (_stream, session) => session.socket.destroy());
  await expectFailure(t, address, { processed: true });
});

test("a server that ends the stream with an error of its own: perhaps processed", async (t) => {
  const address = await serveHttp2(t, (stream) => stream.close(constants.NGHTTP2_CANCEL));
  await expectFailure(t, address, { processed: true });
});

async function expectFailure(
  t: TestContext,
  address: string,
  { processed }: { processed: boolean },
) {
  const failed = await failureOf(t, address);
  assert.equal(wasNotProcessed(failed), !processed, failed.details);
  assert.equal(fromStatus(failed).code, "service.unavailable");
}

async function failureOf(t: TestContext, address: string) {
  const channel = createChannel(address, RpcClientConfig.parse({}));
  t.after(() => channel.close());
  const { signal } = new AbortController();
  const request = { path: "/a.B/C", metadata: new Metadata(), bytes: Buffer.alloc(10), signal };
  const error = await callUnary(channel, { ...request, deadlineMs: Date.now() + 5_000 }).catch(
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof StatusError);
  return error.status;
}

/** An HTTP/2 server that does to every stream what the test says. */
async function serveHttp2(
  t: TestContext,
  onStream: (stream: ServerHttp2Stream, session: ServerHttp2Session) => void,
): Promise<string> {
  const server = createServer();
  server.on("session", (session) => {
    session.on("error", () => {});
    session.on("stream", (stream) => {
      stream.on("error", () => {});
      onStream(stream, session);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}
