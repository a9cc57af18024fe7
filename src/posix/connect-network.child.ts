import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { DEST_UNREACH, nextPacket, packetsOf, sendIcmp } from "../../test/icmp.ts";
import { ip } from "../../test/network-namespace.ts";
import { type Ipv4Address, type Ipv6Address, ipv4, withoutRoutes } from "../../test/routes.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { type ConnectErrorName, connect, tryConnect } from "./connect.ts";
import { AF, IPPROTO, POLL, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { poll } from "./poll.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace by connect.test.ts: connect() without routes, without free
// ports, and when routers report errors.

/** Connects a new socket of each type to the address, and expects an error. */
function refused(address: Ipv4Address | Ipv6Address, name: ConnectErrorName, code: string): void {
  for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
    using client = socket(address.family === "ipv4" ? AF.INET : AF.INET6, type);
    assertFails(tryConnect(client, address), name, code);
  }
}

withoutRoutes(refused);

// The interface that the socket is bound to (SO_BINDTODEVICE) goes down, and is removed.
ip("link add v0 type veth peer name v1");
ip("addr add 192.0.2.1/24 dev v0");
ip("link set v0 up");
for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
  using client = socket(AF.INET, type);
  setsockopt(client, SO.BINDTODEVICE, "v0");
  ip("link set v0 down");
  assertFails(tryConnect(client, ipv4("192.0.2.7")), "NetworkUnreachable", "ENETUNREACH");
  ip("link set v0 up");
}
using orphan = socket(AF.INET, SOCK.DGRAM);
setsockopt(orphan, SO.BINDTODEVICE, "v0");

// No host answers; TCP_USER_TIMEOUT ends the attempt after a second (tcp(7)).
using patient = socket(AF.INET, SOCK.STREAM);
setsockopt(patient, TCP.USER_TIMEOUT, 1);
assertFails(tryConnect(patient, ipv4("192.0.2.7")), "ConnectionTimedOut", "ETIMEDOUT");

ip("link del v0");
assertFails(tryConnect(orphan, ipv4("127.0.0.1")), "DeviceNotFound", "ENODEV");

// A router answers the SYN with an ICMP error (the fatal ones of icmp_err_convert in
// net/ipv4/icmp.c).
using full = socket(AF.INET, SOCK.STREAM);
listen(full, 0);
const address = ipv4("127.0.0.1", portOf(full));
using queued = socket(AF.INET, SOCK.STREAM);
connect(queued, address);
for (const [code, name, errno] of [
  [2, "ProtocolFailure", "ENOPROTOOPT"],
  [3, "ConnectionRefused", "ECONNREFUSED"],
  [6, "NetworkUnreachable", "ENETUNREACH"],
  [7, "HostUnreachable", "EHOSTDOWN"],
  [8, "HostUnreachable", "ENONET"],
  [10, "HostUnreachable", "EHOSTUNREACH"],
] as const) {
  using packets = packetsOf(IPPROTO.TCP);
  using client = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
  assertFails(tryConnect(client, address), "ConnectionPending", "EINPROGRESS");
  sendIcmp(DEST_UNREACH, code, nextPacket(packets));
  assert.equal(poll([{ socket: client, events: POLL.OUT }], 5000).length, 1);
  assertFails(tryConnect(client, address), name, errno);
}

// The range of ephemeral ports has one port.
writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40000");
using server = socket(AF.INET, SOCK.STREAM);
bind(server, ipv4("127.0.0.1", 39000));
listen(server, 5);
using first = socket(AF.INET, SOCK.STREAM);
connect(first, getsockname(server));
using second = socket(AF.INET, SOCK.STREAM);
assertFails(tryConnect(second, getsockname(server)), "AddressNotAvailable", "EADDRNOTAVAIL");
using datagram = socket(AF.INET, SOCK.DGRAM);
bind(datagram, ipv4("127.0.0.1", 0));
using unbound = socket(AF.INET, SOCK.DGRAM);
assertFails(tryConnect(unbound, getsockname(datagram)), "AddressNotAvailable", "EAGAIN");

// EADDRINUSE and, on Linux, EADDRNOTAVAIL: two sockets share a local address, and would also share
// the peer.
const [one, two] = [1, 2].map(() => {
  const client = socket(AF.INET, SOCK.STREAM);
  setsockopt(client, SO.REUSEADDR, true);
  bind(client, ipv4("127.0.0.1", 39001));
  return client;
});
assert.ok(one !== undefined && two !== undefined);
connect(one, getsockname(server));
assertFails(tryConnect(two, getsockname(server)), "AddressNotAvailable", "EADDRNOTAVAIL");
close(one);
close(two);

function portOf(listener: Parameters<typeof getsockname>[0]): number {
  const bound = getsockname(listener);
  assert.ok("port" in bound);
  return bound.port;
}
