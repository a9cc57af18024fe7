import assert from "node:assert/strict";
import { ip } from "../../test/network-namespace.ts";
import { addOutputRule } from "../../test/nftables.ts";
import type { Address } from "../address/address.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getpeername } from "../posix/getpeername.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { listen } from "../posix/listen.ts";
import { socket } from "../posix/socket.ts";
import { IP } from "./ip.ts";
import { IPV6 } from "./ipv6.ts";

// Run in its own network namespace by ip.test.ts and ipv6.test.ts: a rule redirects
// connections, as for a transparent proxy, and the option returns their original destination.
ip("link set lo up");
for (const [family, domain, option, here, elsewhere] of [
  ["ipv4", AF.INET, IP.ORIGINAL_DST, "127.0.0.1", "192.0.2.1"],
  ["ipv6", AF.INET6, IPV6.ORIGINAL_DST, "::1", "2001:db8::1"],
] as const) {
  // Connections to it never leave this host, but need a route.
  ip(family === "ipv4" ? "route add 192.0.2.0/24 dev lo" : "-6 route add 2001:db8::/64 dev lo");
  using proxy = socket(domain, SOCK.STREAM);
  bind(proxy, { family, address: here, port: 0 });
  listen(proxy, 5);
  const bound = getsockname(proxy);
  assert.ok(bound.family === family);
  const original = { family, address: elsewhere, port: 8080 } as const;
  using _rule = addOutputRule(family, { action: "redirect", port: bound.port });
  using client = socket(domain, SOCK.STREAM);
  connect(client, original);
  using accepted = accept(proxy).socket;
  assert.deepEqual(withoutScope(getsockopt(accepted, option)), original);
  assert.deepEqual(withoutScope(getsockname(accepted)), { family, address: here, port: bound.port });
  assert.deepEqual(withoutScope(getpeername(client)), original, "the client does not notice");
}

function withoutScope(name: Address) {
  assert.ok(name.family === "ipv4" || name.family === "ipv6");
  const { family, address, port } = name;
  return { family, address, port };
}
