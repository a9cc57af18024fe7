import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { ip } from "../../test/network-namespace.ts";
import { addOutputRule, type OutputRule } from "../../test/nftables.ts";
import { bind } from "./bind.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { recv } from "./recv.ts";
import { send, trySend } from "./send.ts";
import { trySendmmsg } from "./sendmmsg.ts";
import { trySendmsg } from "./sendmsg.ts";
import { trySendto } from "./sendto.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace, with firewall rules for this host's output.
ip("link set lo up");
const bytes = Buffer.from("hello");
// Codes of ICMP's destination unreachable (RFC 1812, 5.2.7.1).
const HOST_PROHIBITED = 10;
const ADMIN_PROHIBITED = 13;

for (const [family, domain, address] of [
  ["ipv4", AF.INET, "127.0.0.1"],
  ["ipv6", AF.INET6, "::1"],
] as const) {
  using receiver = socket(domain, SOCK.DGRAM);
  bind(receiver, { family, address, port: 0 });
  const to = getsockname(receiver);
  using connected = socket(domain, SOCK.DGRAM);
  connect(connected, to);
  using sender = socket(domain, SOCK.DGRAM);
  using raw = socket(domain, SOCK.RAW, IPPROTO.EGP);
  const rawTo = { family, address, port: 0 } as const;
  const rules: OutputRule[] = [{ action: "drop" }];
  // nft_reject_ipv6 numbers them differently.
  if (family === "ipv4") rules.push({ action: "reject", with: "icmp", code: ADMIN_PROHIBITED });
  for (const rule of rules) {
    using _rule = addOutputRule(family, rule);
    for (const result of [
      trySend(connected, bytes),
      trySendto(sender, bytes, 0, to),
      trySendto(raw, bytes, 0, rawTo),
      trySendmsg(sender, { data: [bytes], address: to }),
      trySendmmsg(sender, [
        { data: [bytes], address: to },
        { data: [bytes], address: to },
      ]),
    ])
      assertFails(result, "PermissionDenied", "EPERM");
  }
  // Without the rules it succeeds: they caused the error, and the socket still works.
  send(connected, bytes);
  assert.equal(recv(receiver, new Uint8Array(9)), 5);

  // TCP reports a rule's answer, but not a dropped packet, which it retransmits (tcp_connect in
  // net/ipv4/tcp_output.c).
  using listener = socket(domain, SOCK.STREAM);
  bind(listener, { family, address, port: 0 });
  listen(listener, 5);
  const server = getsockname(listener);
  assert.ok(server.family === family);
  {
    using _rule = addOutputRule(family, { action: "drop" });
    using client = socket(domain, SOCK.STREAM, 0, { nonblocking: true });
    assertFails(tryConnect(client, server), "ConnectionPending", "EINPROGRESS");
  }
  {
    using _rule = addOutputRule(family, { action: "reject", to: server.port, with: "tcp reset" });
    using client = socket(domain, SOCK.STREAM);
    const error = assertFails(tryConnect(client, server), "ConnectionRefused", "ECONNREFUSED");
    assert.equal(error.address, address);
  }
  if (family === "ipv4") {
    const rule = { action: "reject", to: server.port, with: "icmp", code: HOST_PROHIBITED } as const;
    using _rule = addOutputRule(family, rule);
    using client = socket(domain, SOCK.STREAM);
    assertFails(tryConnect(client, server), "HostUnreachable", "EHOSTUNREACH");
  }
  using client = socket(domain, SOCK.STREAM);
  connect(client, server);
}
