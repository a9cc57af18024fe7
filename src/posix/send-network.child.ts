import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { icmpErrors, nextPacket, packetsOf, sendIcmp } from "../../test/icmp.ts";
import { ip } from "../../test/network-namespace.ts";
import { type Ipv4Address, type Ipv6Address, ipv4, withoutRoutes } from "../../test/routes.ts";
import { IP } from "../options/ip.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { connect } from "./connect.ts";
import { AF, IPPROTO, POLL, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { poll } from "./poll.ts";
import { send, trySend } from "./send.ts";
import { type SendtoErrorName, trySendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace by send.test.ts and sendto.test.ts.
const bytes = Buffer.from("hello");

function refused(address: Ipv4Address | Ipv6Address, name: SendtoErrorName, code: string): void {
  using sender = socket(address.family === "ipv4" ? AF.INET : AF.INET6, SOCK.DGRAM);
  const error = assertFails(trySendto(sender, bytes, 0, address), name, code);
  assert.deepEqual([error.address, error.port], [address.address, address.port]);
}

withoutRoutes(refused);

// The route of a connected socket is removed, and then its interface.
ip("link add v0 type veth peer name v1");
ip("addr add 192.0.2.1/24 dev v0");
ip("link set v0 up");
using connected = socket(AF.INET, SOCK.DGRAM);
connect(connected, ipv4("192.0.2.7"));
using bound = socket(AF.INET, SOCK.DGRAM);
setsockopt(bound, SO.BINDTODEVICE, "v0");
// sockaddr_ll (packet(7)) without its family: ETH_P_IP, the interface, and six bytes of address.
using frames = socket(AF.PACKET, SOCK.DGRAM);
const link = { family: "unknown", number: AF.PACKET, data: new Uint8Array(18) } as const;
new DataView(link.data.buffer).setUint16(0, 0x0800);
new DataView(link.data.buffer).setInt32(2, frames.system.if_nametoindex("v0"), true);
link.data[9] = 6;
ip("link set v0 down");
assertFails(trySend(connected, bytes), "NetworkUnreachable", "ENETUNREACH");
assertFails(trySendto(bound, bytes, 0, ipv4("192.0.2.7")), "NetworkUnreachable", "ENETUNREACH");
assertFails(trySendto(frames, bytes, 0, link), "NetworkSubsystemFailed", "ENETDOWN");
ip("link del v0");
assertFails(trySendto(bound, bytes, 0, ipv4("192.0.2.7")), "DeviceNotFound", "ENODEV");
assertFails(trySendto(frames, bytes, 0, link), "DeviceNotFound", "ENXIO");

// Routers reported an error about an earlier message (icmp_err_convert in net/ipv4/icmp.c);
// IP_RECVERR requests all of them.
using peer = socket(AF.INET, SOCK.DGRAM);
bind(peer, ipv4("127.0.0.1", 0));
using sender = socket(AF.INET, SOCK.DGRAM);
connect(sender, getsockname(peer));
setsockopt(sender, IP.RECVERR, true);
using packets = packetsOf(IPPROTO.UDP);
send(sender, bytes);
const packet = nextPacket(packets);
for (const [type, code, name, errno] of icmpErrors) {
  for (const call of [
    trySend,
    (...args: [typeof sender, Buffer]) => trySendto(...args, 0, getsockname(peer)),
  ]) {
    sendIcmp(type, code, packet);
    assert.equal(poll([{ socket: sender, events: 0 }], 5000)[0]?.revents, POLL.ERR);
    assertFails(call(sender, bytes), name, errno);
  }
}

// The ephemeral range has one port, which is in use.
writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40000");
using last = socket(AF.INET, SOCK.DGRAM);
bind(last, ipv4("127.0.0.1", 0));
using unbound = socket(AF.INET, SOCK.DGRAM);
assertFails(trySend(unbound, bytes), "AddressNotAvailable", "EAGAIN");
assertFails(trySendto(unbound, bytes, 0, getsockname(last)), "AddressNotAvailable", "EAGAIN");
