import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodePcbList, XINPCB64, XINPGEN_SIZE, XTCPCB64 } from "./pcb-list.ts";
import { portRulesOver } from "./port-rules.ts";
import { decodeBsdInfo, PROC_BSDINFO, socketsIn } from "./process-info.ts";
import { processTableOver } from "./process-table.ts";
import { socketTableOver } from "./socket-table.ts";
import { terms } from "./terms.ts";

// Without macOS: bytes written out by hand, by their offsets in the structures of its headers, and
// the test's C library.

const EPERM_IS_ZERO = 0;

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function structure(size: number, members: Readonly<Record<number, string>>): Uint8Array {
  const memory = new Uint8Array(size);
  for (const [at, hex] of Object.entries(members)) memory.set(bytes(hex), Number(at));
  return memory;
}

/** struct xinpgen: its length, and how many follow. */
const generation = structure(24, { 0: "18000000", 4: "01000000" });

/** struct xtcpcb64, by its offsets. */
const tcp = (members: Readonly<Record<number, string>>) => structure(472, { 0: "d8010000", ...members });

const listener = tcp({
  22: "0bb8", // inp_lport
  88: "00000000", // inp_flags
  96: "01", // inp_vflag: INP_IPV4
  128: "7f000001", // ia46_addr4 of inp_dependladdr
  152: "0807060504030201", // xso_so
  184: "0500", // so_qlen
  186: "0200", // so_incqlen
  188: "8000", // so_qlimit
  252: "f5010000", // so_uid
  292: "01000000", // t_state: TCPS_LISTEN
});
const inode = (0x01020304 & 0x1fffff) * 2 ** 32 + 0x05060708;

const listOf = (...sockets: Uint8Array[]) =>
  Uint8Array.from(Buffer.concat([generation, ...sockets, generation]));

const v4 = (address: string, port: number) => ({ address: bytes(address), port, scopeId: 0 });

test("a TCP listener over IPv4: its address, queue, user and number", () => {
  assert.deepEqual(decodePcbList(listOf(listener), "tcp"), [
    {
      protocol: "tcp",
      use: "listening",
      local: v4("7f000001", 3000),
      peer: undefined,
      v6only: false,
      interface: 0,
      inode,
      owner: undefined,
      uid: 501,
      queue: { pending: 3, limit: 128 },
      drops: undefined,
      remaining: undefined,
    },
  ]);
});

test("IPV6_V6ONLY, a link-local address with its interface, states, and sockets without a port", () => {
  const dual = tcp({ 22: "0bb8", 96: "03", 292: "01000000" });
  const v6only = tcp({ 22: "0bb9", 88: "00800000", 96: "02", 292: "01000000" });
  const linkLocal = tcp({
    20: "c350",
    22: "0bba",
    96: "02",
    100: "fe800004 00000000 00000000 00000002",
    116: "fe800004 00000000 00000000 00000001",
    292: "04000000",
  });
  const gone = tcp({ 20: "c350", 22: "0bbb", 96: "01", 292: "0a000000" });
  const bound = tcp({ 22: "0bbc", 96: "01", 292: "00000000" });
  const fresh = tcp({ 96: "01" });
  const read = decodePcbList(listOf(dual, v6only, linkLocal, gone, bound, fresh), "tcp");
  assert.deepEqual(
    read.map(({ local, use, v6only }) => [local.port, use, v6only]),
    [
      [3000, "listening", false],
      [3001, "listening", true],
      [3002, "connected", false],
      [3003, "time-wait", false],
      [3004, "bound", false],
    ],
  );
  const [, , connection] = read;
  const linkLocalBytes = (last: string) => bytes(`fe800000 00000000 00000000 0000000${last}`);
  assert.deepEqual(connection?.local, { address: linkLocalBytes("1"), port: 3002, scopeId: 4 });
  assert.deepEqual(connection.peer, { address: linkLocalBytes("2"), port: 50_000, scopeId: 4 });
});

test("UDP: the list consists of struct xinpcb64", () => {
  const socket = structure(260, { 0: "0401000000000000", 18: "14e9", 92: "01", 124: "00000000" });
  const [read, ...others] = decodePcbList(listOf(socket), "udp");
  assert.deepEqual([read?.protocol, read?.use, read?.local], ["udp", "bound", v4("00000000", 5353)]);
  assert.deepEqual(others, []);
});

test("no bytes make the decoders read out of bounds", () => {
  const protocols = fc.constantFrom("tcp", "udp");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), protocols, (list, protocol) => {
      const size = protocol === "tcp" ? XTCPCB64.size : XINPCB64.size;
      const most = Math.max(0, Math.floor((list.byteLength - XINPGEN_SIZE) / size));
      const placed = new Uint8Array(list.byteLength + 16).subarray(8, 8 + list.byteLength);
      placed.set(list);
      assert.ok(decodePcbList(placed, protocol === "tcp" ? "tcp" : "udp").length <= most);
      assert.ok(socketsIn(placed).length <= list.byteLength / 8);
    }),
  );
});

test("any port, user and number are decoded", () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  fc.assert(
    fc.property(port, fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (port, uid, number) => {
      const socket = listener.slice();
      const view = new DataView(socket.buffer);
      view.setUint16(22, port);
      view.setUint32(252, uid, true);
      view.setBigUint64(152, number, true);
      const [read] = decodePcbList(listOf(socket), "tcp");
      assert.deepEqual(
        [read?.local.port, read?.uid, read?.inode],
        [port, uid, Number(number & (2n ** 53n - 1n))],
      );
    }),
  );
});

test("struct proc_bsdinfo: number, parent, user, the longer name, the start", () => {
  const info = structure(PROC_BSDINFO.size, {
    12: "19100000",
    16: "01000000",
    20: "f5010000",
    48: Buffer.from("ControlCenterAB").toString("hex"),
    120: "00ca9a3b00000000",
    128: "40e2010000000000",
  });
  const told = { pid: 4121, parent: 1, uid: 501, started: 1_000_000_000_123.456 };
  const startTicks = 1_000_000_000_123_456;
  assert.deepEqual(decodeBsdInfo(info), { ...told, startTicks, name: "ControlCenterAB" });
  info.set(Buffer.from("ControlCenter\0"), 64);
  assert.equal(decodeBsdInfo(info).name, "ControlCenter");
});

test("descriptors that are sockets, of struct proc_fdinfo", () => {
  const list = bytes("00000000 01000000 07000000 02000000 08000000 06000000 09000000 02000000");
  assert.deepEqual(socketsIn(list), [7, 9]);
});

/** A libproc with two processes: 4121 holds the listener, and 1 belongs to another user. */
const libproc: Parameters<typeof processTableOver>[0] = {
  proc_listpids(type, of, buffer, size) {
    assert.deepEqual([type, of], [1, 0]);
    if (buffer === null) return 12;
    assert.ok(size >= 12);
    buffer.set(bytes("00000000 01000000 19100000"));
    return 12;
  },
  proc_pidinfo(pid, flavor, argument, buffer, size) {
    assert.equal(argument, 0);
    if (flavor === 3) {
      assert.ok(buffer !== null && size === 136);
      if (pid === 9) return EPERM_IS_ZERO;
      buffer.set(structure(136, { 12: pid === 1 ? "01000000" : "19100000", 20: "00000000", 48: "6e6f6465" }));
      return size;
    }
    assert.equal(flavor, 1);
    if (pid === 1) return EPERM_IS_ZERO;
    if (buffer !== null) buffer.set(bytes("07000000 02000000"));
    return 8;
  },
  proc_pidfdinfo(pid, fd, flavor, buffer, size) {
    assert.deepEqual([pid, fd, flavor, size], [4121, 7, 3, 792]);
    assert.ok(buffer instanceof Uint8Array);
    buffer.set(bytes("0807060504030201"), 160); // soi_so
    return size;
  },
  proc_pidpath(_pid, buffer) {
    buffer.set(Buffer.from("/opt/bin/node\0"));
    return 13;
  },
};

test("the holders of a socket, and how many processes may not be inspected", () => {
  const { holdersOf, readProcess, openProcess } = processTableOver(libproc);
  const holders = holdersOf([{ inode }]);
  const [holder, ...others] = holders.of({ inode });
  assert.deepEqual(others, []);
  assert.deepEqual(
    [holder?.pid, holder?.name, holder?.command, holder?.uid, holder?.directory],
    [4121, "node", ["/opt/bin/node"], 0, undefined],
  );
  assert.deepEqual(holders.of({ inode: 1 }), []);
  assert.equal(holders.hidden, 1);
  assert.equal(holdersOf([{ inode: 0 }]).hidden, 0, "inspects no process for a socket without a holder");
  assert.equal(readProcess(9), undefined);
  assert.equal(openProcess(4121), "not supported");
});

/** A sysctl(3) of these names; a value that has grown since its length was read is read again. */
function sysctlOf(values: Readonly<Record<string, Uint8Array>>) {
  let grown = false;
  return {
    sysctlbyname(name: Uint8Array, old: Uint8Array | null, length: Uint8Array) {
      const value = values[Buffer.from(name).toString().replace("\0", "")];
      if (value === undefined) return -1;
      const view = new DataView(length.buffer);
      if (old === null && !grown) view.setBigUint64(0, 1n, true);
      else if (old !== null && old.byteLength < value.byteLength) {
        grown = true;
        return -1;
      } else view.setBigUint64(0, BigInt(value.byteLength), true);
      old?.set(value);
      return 0;
    },
  };
}

test("the table has the requested port and uses; undefined if there is no list", () => {
  const table = socketTableOver(sysctlOf({ "net.inet.tcp.pcblist64": listOf(listener) }));
  const asked = { protocol: "tcp", uses: ["listening"] } as const;
  assert.equal(table.internetSockets(asked)?.length, 1);
  assert.equal(table.internetSockets({ ...asked, port: 3000 })?.length, 1);
  assert.deepEqual(table.internetSockets({ ...asked, port: 3001 }), []);
  assert.deepEqual(table.internetSockets({ ...asked, uses: ["bound"] }), []);
  assert.equal(table.internetSockets({ ...asked, protocol: "udp" }), undefined);
  assert.equal(table.isListenedOn(bytes("7f000001"), 3000), true);
  assert.equal(table.isListenedOn(bytes("7f000002"), 3000), false);
  const dual = listOf(tcp({ 22: "0bb8", 96: "03", 292: "01000000" }));
  const wildcard = socketTableOver(sysctlOf({ "net.inet.tcp.pcblist64": dual }));
  assert.equal(wildcard.isListenedOn(bytes("7f000001"), 3000), true);
});

test("the ephemeral range, and who may use a port below 1024: everyone, at a wildcard", () => {
  const int = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
  const rules = portRulesOver(
    sysctlOf({ "net.inet.ip.portrange.first": int(49_152), "net.inet.ip.portrange.last": int(65_535) }),
  );
  assert.deepEqual(rules.ephemeralRange(), { first: 49_152, last: 65_535 });
  assert.equal(portRulesOver(sysctlOf({})).ephemeralRange(), undefined);
  assert.equal(rules.privilegedBelow(new Uint8Array(4)), undefined);
  assert.equal(rules.privilegedBelow(bytes("7f000001")), process.geteuid?.() === 0 ? undefined : 1024);
});

test("AirPlay Receiver is recognized by its ports and processes", () => {
  const holder = processTableOver(libproc).readProcess(4121);
  assert.ok(holder !== undefined);
  const named = (name: string, port: number) => terms.service({ ...holder, name }, port);
  for (const [name, port] of [["ControlCenter", 5000] as const, ["AirPlayXPCHelper", 7000] as const]) {
    const service = named(name, port);
    assert.equal(service?.name, "AirPlay Receiver");
    assert.match(service.advice.message, /System Settings > General > AirDrop & Handoff/);
  }
  assert.equal(named("ControlCenter", 5001), undefined);
  assert.equal(named("node", 5000), undefined);
});
