import assert from "node:assert/strict";
import { test } from "node:test";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { PROTOCOL } from "../ip/packet.ts";

// SO_SNDBUF, SO_RCVBUF and tcp_mem.

const { MSG, POLL } = constants;
const { DONTWAIT = 0 } = MSG;

/** Writes until no more is accepted; returns the number of bytes. */
function fill(pair: TcpPair, fd: number): number {
  let sent = 0;
  for (;;) {
    const more = pair.a.system.send(fd, new Uint8Array(10_000), DONTWAIT);
    if (more === -errnos.EAGAIN) return sent;
    assert.ok(more > 0, `send() returned ${more}`);
    sent += more;
    pair.advance(50);
  }
}

test("SO_SNDBUF and SO_RCVBUF limit what waits, and POLLOUT comes back after a third is free", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.a.setInt(client, options.SO_SNDBUF, 20_000);
  pair.b.setInt(server, options.SO_RCVBUF, 20_000);
  assert.equal(pair.a.getInt(client, options.SO_SNDBUF), 40_000);
  // The window that the handshake offered holds, whatever the buffer is now.
  const sent = fill(pair, client);
  assert.ok(sent > 40_000 && sent < 140_000, `${sent}`);
  assert.equal(pair.a.poll(client) & POLL.OUT, 0);
  let received = 0;
  while (received < sent) {
    const more = pair.b.system.recv(server, new Uint8Array(5_000), DONTWAIT);
    if (more > 0) received += more;
    pair.advance(100);
  }
  assert.equal(received, sent);
  assert.equal(pair.a.poll(client) & POLL.OUT, POLL.OUT);
});

test("the right edge of the window does not move back when the buffer shrinks", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  const scale = pair.seen.find(({ from }) => from === "10.0.0.2")?.segment.options.windowScale ?? 0;
  pair.forget();
  pair.a.system.send(client, new Uint8Array(30_000), DONTWAIT);
  pair.advance(15);
  pair.b.setInt(server, options.SO_RCVBUF, 40_000);
  pair.advance(1_000);
  let edge: number | undefined;
  for (const { from, segment } of pair.seen) {
    if (from !== "10.0.0.2") continue;
    const next = (segment.acknowledgment + segment.window * 2 ** scale) >>> 0;
    if (edge !== undefined) assert.ok(((next - edge) | 0) >= 0, `${next} before ${edge}`);
    edge = next;
  }
  assert.ok(edge !== undefined);
});

test("all memory is given back when connections end", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  fill(pair, client);
  const [one, other] = [pair.client, pair.server].map((host) => host.memory(PROTOCOL.TCP));
  assert.ok(one !== undefined && other !== undefined);
  assert.ok(one.allocated > 10_000 && other.allocated > 10_000);
  pair.b.system.close(server);
  pair.advance(1_000);
  pair.a.system.close(client);
  assert.deepEqual([one.allocated, other.allocated], [0, 0]);
});

test("without memory (tcp_mem) data is dropped until there is some, and arrives nevertheless", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.server.sysctl("net.ipv4.tcp_mem", [1, 2, 4]);
  const sent = fill(pair, client);
  assert.ok(pair.server.memory(PROTOCOL.TCP).allocated < 64_000);
  let received = 0;
  for (let turn = 0; received < sent && turn < 10_000; turn += 1) {
    const more = pair.b.system.recv(server, new Uint8Array(65_536), DONTWAIT);
    if (more > 0) received += more;
    pair.advance(100);
  }
  assert.equal(received, sent);
});
