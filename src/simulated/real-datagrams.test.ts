import assert from "node:assert/strict";
import dgram, { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { simulate } from "./index.ts";

// No packet of node:dgram leaves a simulated host.

const refused = { code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", message: /real network.*use udp\(\)/ };

test("node:dgram opens no socket on a host, and says what to use", async () => {
  await simulate({ seed: 1 }, async (network) => {
    await network.host("server").run(() => {
      assert.throws(() => dgram.createSocket("udp4"), refused);
    });
  });
  dgram.createSocket("udp4").close();
});

test("a socket of node:dgram that was not bound before cannot send from a host", async () => {
  const peer = createSocket("udp4");
  const received: string[] = [];
  peer.on("message", (message) => received.push(`${message}`));
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  const { port } = peer.address();
  const bound = createSocket("udp4");
  bound.bind(0, "127.0.0.1");
  await once(bound, "listening");
  const unbound = createSocket("udp4");
  try {
    await simulate({ seed: 1 }, async (network) => {
      await network.host("server").run(() => {
        assert.throws(() => unbound.bind(0, "127.0.0.1"), refused);
        assert.throws(() => unbound.send("lost", port, "127.0.0.1"), refused);
        assert.throws(() => unbound.connect(port, "127.0.0.1"), refused);
      });
      // Outside of the hosts both are real, and one that was bound there stays so.
      await network.host("client").run(() => bound.send("bound", port, "127.0.0.1"));
    });
    if (received.length === 0) await once(peer, "message");
    assert.deepEqual(received, ["bound"]);
    unbound.send("after", port, "127.0.0.1");
    await once(peer, "message");
    assert.deepEqual(received, ["bound", "after"]);
  } finally {
    for (const socket of [peer, bound, unbound]) socket.close();
  }
});
