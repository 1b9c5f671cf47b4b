import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { startTestServer, testCall, testClient } from "../../test/support/rpc.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";
import { AppError } from "../errors.ts";

const service = ApiKeyService;

test("a replica that stands still, its connection open, gets hardly any new calls", async (t) => {
  const servers = await Promise.all([0, 1].map(() => startStreams()));
  const [healthy, frozen] = servers;
  assert.ok(healthy && frozen);
  const proxy = await startTcpProxy(t, frozen.address);
  const client = testClient(t, { service, endpoints: [healthy.address, proxy.address] });
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  const open = () => {
    const stream = client.watchApiKeys({}, testCall({ signal: leaving.signal }));
    return stream[Symbol.asyncIterator]().next();
  };
  // Until the load is on both; those that opened before the second connection stood all went to one.
  do await open();
  while (servers.some(({ count }) => count() < 5));
  proxy.freeze();
  const before = servers.map(({ count }) => count());
  const lost = Promise.allSettled(Array.from({ length: 10 }, open));
  // As long as it takes to call silence a sign.
  await sleep(1_100);
  const late = sleep(3_000, "late", { ref: false });
  const opened = Promise.all(Array.from({ length: 20 }, open));
  assert.notEqual(await Promise.race([opened, late]), "late");
  assert.equal(frozen.count(), before[1]);
  leaving.abort();
  await lost;

  /** A server that counts the streams it has opened, and leaves them open. */
  async function startStreams() {
    let opened = 0;
    const { address } = await startTestServer(t, {
      service,
      methods: {
        async *watchApiKeys(_request, { signal }) {
          opened += 1;
          yield {};
          if (!signal.aborted) await once(signal, "abort");
          throw new AppError("request.cancelled", "The test is over.");
        },
      },
    });
    return { address, count: () => opened };
  }
});

test("a dial that is taken and never answered is given up and tried anew", async (t) => {
  const { address } = await startTestServer(t, {
    service,
    methods: { getApiKey: async () => ({}) },
  });
  const port = Number(address.split(":")[1]);
  const sockets: Socket[] = [];
  let mute = true;
  const door = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    if (mute) return;
    const inner = connect(port, "127.0.0.1").on("error", () => socket.destroy());
    sockets.push(inner);
    socket.pipe(inner).pipe(socket);
  });
  t.after(() => {
    door.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(door.listen(0, "127.0.0.1"), "listening");
  const client = testClient(t, {
    service,
    endpoints: [`127.0.0.1:${(door.address() as AddressInfo).port}`],
    config: { keepaliveTimeoutMs: 200 },
  });
  await once(door, "connection");
  mute = false;
  await client.getApiKey({}, testCall());
});
