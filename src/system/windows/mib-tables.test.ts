import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findsListener } from "../finds-listener.ts";
import { isLinkLocal } from "../host-tables.ts";
import {
  decodeTcpTable,
  decodeUdpTable,
  MIB_TCP_STATE,
  TCP_ROW,
  TCP6_ROW,
  UDP_ROW,
  UDP6_ROW,
} from "./mib-tables.ts";

// Bytes written out by hand from tcpmib.h and udpmib.h of the Windows SDK.
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));

const unavailable = {
  v6only: false,
  interface: 0,
  inode: undefined,
  uid: undefined,
  queue: undefined,
  drops: undefined,
  remaining: undefined,
} as const;

const v4 = (address: string, port: number) => ({
  address: Uint8Array.from(address.split(".").map(Number)),
  port,
  scopeId: 0,
});

test("a table of TCP over IPv4: a listener, a connection, one in TIME_WAIT; closed ones are left out", () => {
  const table = bytes(`
    04000000
    02000000 7f000001 0bb80000 00000000 12340000 19100000
    05000000 0a000001 0bb80000 0a000002 c3500000 19100000
    0b000000 0a000001 0bb80000 0a000003 c3510000 00000000
    0c000000 0a000001 0bb80000 0a000004 c3520000 00000000`);
  const tcp = { ...unavailable, protocol: "tcp" } as const;
  assert.deepEqual(decodeTcpTable(table, "ipv4"), [
    { ...tcp, use: "listening", local: v4("127.0.0.1", 3000), peer: undefined, owner: 4121 },
    {
      ...tcp,
      use: "connected",
      local: v4("10.0.0.1", 3000),
      peer: v4("10.0.0.2", 50_000),
      owner: 4121,
    },
    {
      ...tcp,
      use: "time-wait",
      local: v4("10.0.0.1", 3000),
      peer: v4("10.0.0.3", 50_001),
      owner: 0,
    },
  ]);
});

test("a table of TCP over IPv6, with the interface of a link-local address", () => {
  const local = "fe800000 00000000 00000000 00000001";
  const remote = "fe800000 00000000 00000000 00000002";
  const table = bytes(`
    01000000
    ${local} 07000000 0bb80000 ${remote} 07000000 c3500000 08000000 19100000`);
  assert.deepEqual(decodeTcpTable(table, "ipv6"), [
    {
      ...unavailable,
      v6only: undefined,
      protocol: "tcp",
      use: "connected",
      local: { address: bytes(local), port: 3000, scopeId: 7 },
      peer: { address: bytes(remote), port: 50_000, scopeId: 7 },
      owner: 4121,
    },
  ]);
});

test("tables of UDP, over IPv4 and IPv6", () => {
  const udp = { ...unavailable, protocol: "udp", use: "bound", peer: undefined, owner: 4121 } as const;
  assert.deepEqual(decodeUdpTable(bytes("01000000 00000000 14e90000 19100000"), "ipv4"), [
    { ...udp, local: v4("0.0.0.0", 5353) },
  ]);
  const any = "00".repeat(16);
  assert.deepEqual(decodeUdpTable(bytes(`01000000 ${any} 00000000 14e90000 19100000`), "ipv6"), [
    { ...udp, v6only: undefined, local: { address: bytes(any), port: 5353, scopeId: 0 } },
  ]);
});

const decoders = [
  [decodeTcpTable, "ipv4", TCP_ROW.size],
  [decodeTcpTable, "ipv6", TCP6_ROW.size],
  [decodeUdpTable, "ipv4", UDP_ROW.size],
  [decodeUdpTable, "ipv6", UDP6_ROW.size],
] as const;

test("no bytes make a decoder read out of bounds, and an excessive count gives the complete rows", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...decoders), (table, decoder) => {
      const [decode, family, size] = decoder;
      // A view in the middle of memory, as part of a larger buffer.
      const placed = new Uint8Array(table.byteLength + 16).subarray(8, 8 + table.byteLength);
      placed.set(table);
      assert.ok(decode(placed, family).length <= Math.max(0, Math.floor((table.byteLength - 4) / size)));
      assert.deepEqual(decode(placed, family), decode(table, family));
    }),
  );
});

test("any values written into a row are read from it", () => {
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const row = fc.record({
    local: address,
    remote: address,
    localPort: fc.integer({ min: 0, max: 65_535 }),
    remotePort: fc.integer({ min: 1, max: 65_535 }),
    scope: fc.nat(),
    pid: fc.nat(),
    state: fc.constantFrom(...Object.values(MIB_TCP_STATE)),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const table = new Uint8Array(4 + rows.length * TCP6_ROW.size);
      const view = new DataView(table.buffer);
      view.setUint32(0, rows.length, true);
      for (const [index, { local, remote, localPort, remotePort, scope, pid, state }] of rows.entries()) {
        const at = 4 + index * TCP6_ROW.size;
        table.set(local, at + TCP6_ROW.local);
        table.set(remote, at + TCP6_ROW.remote);
        view.setUint16(at + TCP6_ROW.localPort, localPort);
        view.setUint16(at + TCP6_ROW.remotePort, remotePort);
        view.setUint32(at + TCP6_ROW.localScope, scope, true);
        view.setUint32(at + TCP6_ROW.remoteScope, scope, true);
        view.setUint32(at + TCP6_ROW.pid, pid, true);
        view.setUint32(at + TCP6_ROW.state, state, true);
      }
      const open = rows.filter(({ state }) => state !== 1 && state !== 12);
      const read = decodeTcpTable(table, "ipv6");
      assert.deepEqual(
        read.map(({ local, owner }) => ({ local, owner })),
        open.map(({ local, localPort, scope, pid }) => ({
          local: { address: local, port: localPort, scopeId: isLinkLocal(local) ? scope : 0 },
          owner: pid,
        })),
      );
      for (const [index, { remote, remotePort, scope, state }] of open.entries()) {
        const peer = { address: remote, port: remotePort, scopeId: isLinkLocal(remote) ? scope : 0 };
        assert.deepEqual(read[index]?.peer, state === MIB_TCP_STATE.LISTEN ? undefined : peer);
      }
    }),
  );
});

test("whether a listener accepts connections to an address; unknown for IPv6's wildcard and IPv4", () => {
  const loopback = Uint8Array.of(127, 0, 0, 1);
  const loopback6 = bytes(`${"00".repeat(15)}01`);
  const listening = (address: string) =>
    decodeTcpTable(
      address.length === 8
        ? bytes(`01000000 02000000 ${address} 0bb80000 00000000 00000000 19100000`)
        : bytes(
            `01000000 ${address} 00000000 0bb80000 ${"00".repeat(16)} 00000000 00000000 02000000 19100000`,
          ),
      address.length === 8 ? "ipv4" : "ipv6",
    );
  const any = "00".repeat(16);
  assert.equal(findsListener([], loopback), false);
  assert.equal(findsListener(listening("7f000001"), loopback), true);
  assert.equal(findsListener(listening("7f000002"), loopback), false);
  assert.equal(findsListener(listening("00000000"), loopback), true);
  assert.equal(findsListener(listening("00000000"), loopback6), false);
  assert.equal(findsListener(listening(any), loopback6), true);
  assert.equal(findsListener(listening(any), loopback), undefined);
});
