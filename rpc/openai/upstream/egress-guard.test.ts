import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callWith,
  chat,
  collect,
  routeTo,
  startForwarding,
} from "../../../test/support/forwarding.ts";
import { answerJson, startUpstream } from "../../../test/support/upstream.ts";
import { isPublicAddress } from "./egress-guard.ts";

test("only public addresses are public, however they are written", () => {
  const inside = [
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1"],
    ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1"],
    ...["192.0.2.1", "198.51.100.1", "203.0.113.9", "224.0.0.1", "255.255.255.255", "240.0.0.1"],
    ...["::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1"],
    ...["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001::1", "2001:db8::1"],
    ...["fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "100::1", "3fff::1"],
    ...["::ffff:8.8.8.8", "localhost", ""],
  ];
  for (const address of inside) assert.equal(isPublicAddress(address), false, address);
  const outside = ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1"];
  for (const address of [...outside, "2606:4700::1111", "2a00:1450:4001::1"]) {
    assert.equal(isPublicAddress(address), true, address);
  }
});

test("a channel reaches no private address, by number or by name, unless it says so", async (t) => {
  const upstream = await startUpstream(answerJson(200, {}), t);
  const { port } = new URL(upstream.origin);
  const question = { model: "m", messages: [] };
  const hosts = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"];
  for (const host of hosts) {
    const route = routeTo(`http://${host}:${port}/v1`, { allowPrivateNetwork: false });
    const { client } = await startForwarding({ test: t, routes: [route] });
    await assert.rejects(
      collect(client.forward(chat(question), callWith())),
      { code: "upstream.blocked_address" },
      host,
    );
    const probed = await client.probe({ route }, callWith());
    assert.deepEqual([probed.ok, probed.status], [false, 0]);
    assert.match(probed.message, /not a public one/);
  }
  assert.equal(upstream.connections(), 0);
  const { client } = await startForwarding({ test: t, routes: [routeTo(upstream.baseUrl)] });
  assert.equal((await collect(client.forward(chat(question), callWith()))).status, 200);
});

test("a channel that may go inside lends its connection to none that may not", async (t) => {
  const upstream = await startUpstream(answerJson(200, {}), t);
  const routes = [
    routeTo(upstream.baseUrl, { channelId: "in", anyName: false, models: [{ name: "in" }] }),
    routeTo(upstream.baseUrl, { allowPrivateNetwork: false }),
  ];
  const { client } = await startForwarding({ test: t, routes });
  const ask = (model: string) => collect(client.forward(chat({ model, messages: [] }), callWith()));
  assert.equal((await ask("in")).status, 200);
  await assert.rejects(ask("other"), { code: "upstream.blocked_address" });
});
