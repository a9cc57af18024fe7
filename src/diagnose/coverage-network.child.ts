// Compares coverage() with bind(), in its own network namespace, where all ports are free.
import assert from "node:assert/strict";
import { ip } from "../../test/network-namespace.ts";
import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { IPV6 } from "../options/ipv6.ts";
import { bind, tryBind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { hostTables } from "../system/this-host.ts";
import { coverage } from "./coverage.ts";
import { internetSockets } from "./socket-table.ts";

ip("link set lo up");
const unlisted = hostTables.sockets.lacksBoundSockets("tcp");
const asked = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"];
const held = [...asked.map((address) => [address, false] as const), ["::", true], ["::1", true]] as const;

for (const [heldAddress, v6only] of held) {
  for (const askedAddress of asked) {
    using holder = socketFor(heldAddress);
    if (v6only) setsockopt(holder, IPV6.V6ONLY, true);
    bind(holder, at(heldAddress, 0));
    // Before Linux 6.8, the kernel reports only listening sockets, which behave the same here.
    if (unlisted) listen(holder, 1);
    const name = getsockname(holder);
    assert.ok(name.family === "ipv4" || name.family === "ipv6");
    const wanted = at(askedAddress, name.port);
    const [found] = internetSockets({ protocol: "tcp", uses: ["bound", "listening"], port: name.port }) ?? [];
    assert.ok(found !== undefined);
    using asking = socketFor(askedAddress);
    const bound = tryBind(asking, wanted);
    assert.equal(
      coverage(wanted, found) === undefined,
      bound.ok,
      `${askedAddress} asked for, ${JSON.stringify(found)}`,
    );
  }
}

function at(address: string, port: number): Ipv4Address | Ipv6Address {
  return address.includes(":")
    ? { family: "ipv6", address, port, flowlabel: 0, scopeId: 0 }
    : { family: "ipv4", address, port };
}

function socketFor(address: string): Socket {
  return socket(address.includes(":") ? AF.INET6 : AF.INET, SOCK.STREAM);
}
