import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { IPV6 } from "../options/ipv6.ts";
import { bind, tryBind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { coverage } from "./coverage.ts";
import { internetSockets } from "./socket-table.ts";

const asked = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"];
const held = [...asked.map((address) => [address, false] as const), ["::", true], ["::1", true]] as const;

for (const [heldAddress, v6only] of held) {
  for (const askedAddress of asked) {
    const title = `${heldAddress}${v6only ? " of IPv6 only" : ""} held, ${askedAddress} asked for`;
    test(`whether one address covers another is as bind() has it: ${title}`, () => {
      using holder = socketFor(heldAddress);
      if (v6only) setsockopt(holder, IPV6.V6ONLY, true);
      bind(holder, at(heldAddress, 0));
      const name = getsockname(holder);
      assert.ok(name.family === "ipv4" || name.family === "ipv6");
      const wanted = at(askedAddress, name.port);
      const [found] = internetSockets({ protocol: "tcp", uses: ["bound"], port: name.port }) ?? [];
      assert.ok(found !== undefined);
      using asking = socketFor(askedAddress);
      const bound = tryBind(asking, wanted);
      assert.equal(coverage(wanted, found) === undefined, bound.ok, JSON.stringify(found));
    });
  }
}

function at(address: string, port: number): Ipv4Address | Ipv6Address {
  return address.includes(":")
    ? { family: "ipv6", address, port, flowlabel: 0, scopeId: 0 }
    : { family: "ipv4", address, port };
}

const socketFor = (address: string): Socket =>
  socket(address.includes(":") ? AF.INET6 : AF.INET, SOCK.STREAM);

test("how it covers is told", () => {
  const rows = [
    ["127.0.0.1", "127.0.0.1", "same"],
    ["127.0.0.1", "0.0.0.0", "wildcard"],
    ["::1", "::", "wildcard"],
    ["127.0.0.1", "::", "dual stack"],
    ["0.0.0.0", "127.0.0.1", "covered"],
    ["::", "127.0.0.1", "covered"],
    ["::ffff:127.0.0.1", "127.0.0.1", "same"],
  ] as const;
  for (const [askedAddress, heldAddress, expected] of rows) {
    using holder = socketFor(heldAddress);
    bind(holder, at(heldAddress, 0));
    const name = getsockname(holder);
    assert.ok("port" in name);
    const [found] = internetSockets({ protocol: "tcp", uses: ["bound"], port: name.port }) ?? [];
    assert.ok(found !== undefined);
    assert.equal(coverage(at(askedAddress, name.port), found), expected);
  }
});
