import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../../test/simulated/calls.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { Network } from "../network/network.ts";

// Where UDP's limits are, to the byte and to the datagram.

const { AF, SOCK } = constants;

/** A socket, and one that receives on another host. */
function pair(family = AF.INET) {
  const network = new Network({ seed: 1 });
  const one = network.host("one", { addresses: ["10.0.0.1", "fd00::1"] });
  const other = network.host("other", { addresses: ["10.0.0.2", "fd00::2"] });
  const [a, b] = [new Calls(one.system), new Calls(other.system)];
  const address = family === AF.INET ? "10.0.0.2:53" : "[fd00::2]:53";
  const receiver = b.system.socket(family, SOCK.DGRAM, 0, 2);
  assert.equal(b.bind(receiver, address), 0);
  const sender = a.system.socket(family, SOCK.DGRAM, 0, 2);
  return {
    ...{ a, b, sender, receiver },
    send: (length: number) => a.sendTo(sender, "x".repeat(length), address),
    /** The lengths of what has arrived. */
    lengths() {
      network.clock.advanceTo(network.clock.now + 1e9);
      const lengths: number[] = [];
      for (let text = b.recv(receiver); typeof text === "string"; text = b.recv(receiver)) {
        lengths.push(text.length);
      }
      return lengths;
    },
  };
}

test("a datagram has at most 65507 bytes, and 65527 over IPv6: __ip_append_data()", () => {
  for (const [family, most] of [
    [AF.INET, 65_507],
    [AF.INET6, 65_527],
  ] as const) {
    const { send, lengths } = pair(family);
    assert.equal(send(most), most);
    assert.equal(send(most + 1), -errnos.EMSGSIZE);
    assert.deepEqual(lengths(), [most]);
  }
});

test("UDP_SEGMENT makes at most 128 datagrams: UDP_MAX_SEGMENTS", () => {
  const { a, sender, send, lengths } = pair();
  a.setInt(sender, options.UDP_SEGMENT, 10);
  assert.equal(send(1_280), 1_280);
  assert.equal(send(1_281), -errnos.EINVAL);
  assert.deepEqual(lengths(), Array(128).fill(10));
});

test("UDP_SEGMENT makes no datagram that would be fragmented: udp_send_skb()", () => {
  const { a, sender, send, lengths } = pair();
  a.setInt(sender, options.UDP_SEGMENT, 1_472);
  assert.equal(send(2_000), 2_000);
  a.setInt(sender, options.UDP_SEGMENT, 1_473);
  assert.equal(send(2_000), -errnos.EINVAL);
  assert.deepEqual(lengths(), [1_472, 528]);
});

test("an empty receive queue takes any datagram: __udp_enqueue_schedule_skb()", () => {
  const { b, receiver, send, lengths } = pair();
  b.setInt(receiver, options.SO_RCVBUF, 1);
  send(5_000);
  send(5_000);
  assert.deepEqual(lengths(), [5_000]);
});

test("UDP_GRO joins neither an empty datagram nor a longer one: udp_gro_receive()", () => {
  const { b, receiver, send, lengths } = pair();
  b.setInt(receiver, options.UDP_GRO, 1);
  send(100);
  send(0);
  assert.deepEqual(lengths(), [100, 0]);
  send(100);
  send(101);
  assert.deepEqual(lengths(), [100, 101]);
  send(100);
  send(99);
  assert.deepEqual(lengths(), [199]);
});

test("UDP_GRO joins no more than a datagram may have", () => {
  const { a, b, sender, receiver, send, lengths } = pair();
  b.setInt(receiver, options.UDP_GRO, 1);
  b.setInt(receiver, options.SO_RCVBUF, 10_000_000);
  a.setInt(sender, options.UDP_SEGMENT, 1_400);
  send(46 * 1_400);
  send(46 * 1_400);
  const [first = 0, ...others] = lengths();
  assert.ok(first <= 65_507, `${first}`);
  assert.equal(
    others.reduce((sum, length) => sum + length, first),
    92 * 1_400,
  );
});
