import assert from "node:assert/strict";
import type { Fixture } from "../../test/fixture.ts";
import { observed, optionTests, overIpv6, roundTrip, toggles } from "../../test/round-trip.ts";
import { bind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { recv } from "../posix/recv.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { UDP } from "./udp.ts";

const udp = (fixture: Fixture) => fixture.udp();
const udp6 = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.DGRAM);

/** A sender, and a bound receiver that never blocks. */
function pair(fixture: Fixture) {
  const receiver = fixture.udp({ nonblocking: true });
  bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
  return { sender: fixture.udp(), receiver, to: getsockname(receiver) };
}

optionTests("IPPROTO_UDP", UDP, [
  toggles(UDP.CORK, udp),
  observed(UDP.CORK, "gathers what is sent into one datagram", (fixture) => {
    const { sender, receiver, to } = pair(fixture);
    setsockopt(sender, UDP.CORK, true);
    sendto(sender, Buffer.from("one "), 0, to);
    sendto(sender, Buffer.from("datagram"), 0, to);
    setsockopt(sender, UDP.CORK, false);
    const buffer = Buffer.alloc(64);
    assert.equal(buffer.toString("utf8", 0, recv(receiver, buffer)), "one datagram");
  }),
  roundTrip(UDP.ENCAP, udp, 2, { requires: "CONFIG_XFRM" }),
  roundTrip(UDP.ENCAP, udp, 3, { why: "UDP_ENCAP_L2TPINUDP" }),
  toggles(UDP.GRO, udp, { requires: "Linux 5.0" }),
  overIpv6(toggles(UDP.NO_CHECK6_RX, udp6)),
  overIpv6(toggles(UDP.NO_CHECK6_TX, udp6)),
  roundTrip(UDP.SEGMENT, udp, 1200, { requires: "Linux 4.18" }),
  roundTrip(UDP.SEGMENT, udp, 0xffff, { requires: "Linux 4.18" }),
  observed(
    UDP.SEGMENT,
    "cuts what is sent into datagrams of its size",
    (fixture) => {
      const { sender, receiver, to } = pair(fixture);
      setsockopt(sender, UDP.SEGMENT, 1000);
      sendto(sender, new Uint8Array(2500), 0, to);
      const lengths = [0, 0, 0].map(() => recv(receiver, new Uint8Array(65_535)));
      assert.deepEqual(lengths, [1000, 1000, 500]);
    },
    { requires: "Linux 4.18" },
  ),
]);
