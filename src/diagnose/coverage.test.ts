import assert from "node:assert/strict";
import { test } from "node:test";
import { conformance } from "../../test/conformance.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { coverage } from "./coverage.ts";
import type { InternetSocket } from "./open-socket.ts";

conformance("explain", [
  {
    clause: "whether one address covers another is as bind() has it, of IPv4, IPv6 and both",
    source: "inet_rcv_saddr_equal in net/ipv4/inet_connection_sock.c",
    except: { windows: "it is asked of bind() there, since the rules are others" },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./coverage-network.child.js", import.meta.url), { ip: true }),
  },
]);

const held = (address: string, port = 80): InternetSocket => {
  return {
    protocol: "tcp",
    use: "listening",
    local: at(address, port),
    peer: undefined,
    v6only: false,
    interface: 0,
    inode: 1,
    owner: undefined,
    uid: 0,
    queue: undefined,
    drops: undefined,
    remaining: undefined,
  };
};

function at(address: string, port: number): InternetSocket["local"] {
  return address.includes(":")
    ? { family: "ipv6", address, port, flowlabel: 0, scopeId: 0 }
    : { family: "ipv4", address, port };
}

test("reports how it covers the address", () => {
  const rows = [
    ["127.0.0.1", "127.0.0.1", "same"],
    ["127.0.0.1", "0.0.0.0", "wildcard"],
    ["::1", "::", "wildcard"],
    ["127.0.0.1", "::", "dual stack"],
    ["0.0.0.0", "127.0.0.1", "covered"],
    ["::", "127.0.0.1", "covered"],
    ["::ffff:127.0.0.1", "127.0.0.1", "same"],
  ] as const;
  for (const [asked, has, expected] of rows) assert.equal(coverage(at(asked, 80), held(has)), expected);
  assert.equal(coverage(at("127.0.0.1", 80), held("127.0.0.1", 81)), undefined);
});
