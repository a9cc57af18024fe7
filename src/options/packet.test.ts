import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withFilter } from "../../test/bpf.ts";
import { assertFails } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { bind } from "../posix/bind.ts";
import { AF, NETLINK_FAMILY, PACKET_TYPE, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { tryRecv } from "../posix/recv.ts";
import { recvmsg } from "../posix/recvmsg.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { linux } from "../system/linux/linux.ts";
import { ValueResult } from "../system/value-result.ts";
import { NETLINK, PACKET } from "./packet.ts";
import { SO } from "./so.ts";
import { packetFanout } from "./structures/packet.ts";

const raw = { needs: "CAP_NET_RAW" } as const;
const packets = (fixture: Fixture) => fixture.socket(AF.PACKET, SOCK.RAW);
const route = (fixture: Fixture) => fixture.socket(AF.NETLINK, SOCK.RAW, NETLINK_FAMILY.ROUTE);

/** A packet socket that receives every frame of the loopback interface, and never blocks. */
function sniffer(fixture: Fixture): Socket {
  const made = fixture.socket(AF.PACKET, SOCK.DGRAM, 0, { nonblocking: true });
  bind(made, { family: "packet", protocol: 3, ifindex: "lo" });
  return made;
}

/** Takes what other programs sent until now, and returns how many frames there were. */
function drain(made: Socket): number {
  let count = 0;
  while (tryRecv(made, new Uint8Array(2048)).ok) count++;
  return count;
}

/** Whether the loopback interface has IFF_PROMISC (include/uapi/linux/if.h). */
const isPromiscuous = () => (Number(readFileSync("/sys/class/net/lo/flags", "utf8")) & 0x100) !== 0;

/** Sends a datagram over loopback: one frame sent and one received. */
function frame(fixture: Fixture): void {
  const made = fixture.udp();
  bind(made, loopback);
  sendto(made, Buffer.from("frame"), 0, getsockname(made));
}

optionTests("SOL_PACKET", PACKET, [
  observed(
    PACKET.ADD_MEMBERSHIP,
    "the interface receives everything, until DROP_MEMBERSHIP",
    (fixture) => {
      const made = packets(fixture);
      const value = { ifindex: "lo", type: "promisc" } as const;
      if (isPromiscuous()) return fixture.skip("another program receives everything, too");
      setsockopt(made, PACKET.ADD_MEMBERSHIP, value);
      assert.equal(isPromiscuous(), true);
      setsockopt(made, PACKET.DROP_MEMBERSHIP, value);
      assert.equal(isPromiscuous(), false);
      const address = Uint8Array.of(1, 0, 0x5e, 0, 0, 1);
      setsockopt(made, PACKET.ADD_MEMBERSHIP, { ifindex: "lo", type: "multicast", address });
    },
    raw,
  ),
  toggles(PACKET.AUXDATA, packets, raw),
  observed(
    PACKET.AUXDATA,
    "the lengths of a frame arrive beside it",
    (fixture) => {
      const made = sniffer(fixture);
      setsockopt(made, PACKET.AUXDATA, true);
      frame(fixture);
      const { control, bytes } = recvmsg(made, { data: [Buffer.alloc(2048)], controlLength: 200 });
      const [message] = control;
      assert.ok(message?.type === "PACKET_AUXDATA");
      assert.ok(message.snaplen === bytes && message.length >= bytes, JSON.stringify(message));
    },
    raw,
  ),
  observed(
    PACKET.DROP_MEMBERSHIP,
    "an interface that is not there is DeviceNotFound to ADD_MEMBERSHIP, and nothing to this",
    (fixture) => {
      const made = packets(fixture);
      const value = { ifindex: 0x7fffffff, type: "promisc" } as const;
      assertFails(trySetsockopt(made, PACKET.ADD_MEMBERSHIP, value), "DeviceNotFound", "ENODEV");
      setsockopt(made, PACKET.DROP_MEMBERSHIP, value);
    },
    raw,
  ),
  observed(
    PACKET.FANOUT,
    "two sockets share the frames: each goes to one of them",
    (fixture) => {
      const made = [sniffer(fixture), sniffer(fixture)];
      const group = { mode: "lb", rollover: false, defrag: false, ignoreOutgoing: false } as const;
      let id: number | "unique" = "unique";
      for (const each of made) {
        setsockopt(each, PACKET.IGNORE_OUTGOING, true);
        setsockopt(each, PACKET.FANOUT, { ...group, id });
        const joined = getsockopt(each, PACKET.FANOUT);
        assert.deepEqual(joined, { ...group, id: id === "unique" ? joined.id : id });
        id = joined.id;
      }
      for (let times = 0; times < 4; times++) frame(fixture);
      const counts = made.map(drain);
      assert.ok(
        counts.every((count) => count > 0),
        counts.join(),
      );
    },
    raw,
  ),
  observed(
    PACKET.FANOUT,
    "a group that ignores what this machine sends receives a frame once",
    (fixture) => {
      const made = sniffer(fixture);
      if (!tryGetsockopt(made, PACKET.VNET_HDR_SZ).ok) {
        return fixture.skip("a kernel older than Linux 6.4, which may ignore the flag");
      }
      setsockopt(made, PACKET.FANOUT, { id: "unique", mode: "hash", ignoreOutgoing: true });
      assert.equal(getsockopt(made, PACKET.FANOUT).ignoreOutgoing, true);
      drain(made);
      frame(fixture);
      const { address } = recvmsg(made, { data: [Buffer.alloc(2048)] });
      assert.ok(address.family === "packet" && address.pkttype === PACKET_TYPE.HOST);
    },
    { ...raw, source: "fanout_add() in net/packet/af_packet.c" },
  ),
  observed(
    PACKET.FANOUT_DATA,
    "the program chooses the socket: every frame goes to the second",
    (fixture) =>
      withFilter(fixture, 1, (program) => {
        const [first, second] = [sniffer(fixture), sniffer(fixture)];
        setsockopt(first, PACKET.FANOUT, { id: "unique", mode: "ebpf", ignoreOutgoing: true });
        assertFails(trySetsockopt(first, PACKET.FANOUT_DATA, second.fd), "InvalidArgument", "EINVAL");
        setsockopt(first, PACKET.FANOUT_DATA, program);
        setsockopt(second, PACKET.FANOUT, getsockopt(first, PACKET.FANOUT));
        drain(first);
        for (let times = 0; times < 4; times++) frame(fixture);
        assert.ok(tryRecv(second, new Uint8Array(2048)).ok);
        assertFails(tryRecv(first, new Uint8Array(2048)), "WouldBlock");
      }),
    { ...raw, source: "fanout_set_data_ebpf() and fanout_demux_bpf() in net/packet/af_packet.c" },
  ),
  toggles(PACKET.IGNORE_OUTGOING, packets, raw),
  observed(
    PACKET.IGNORE_OUTGOING,
    "only what arrives is received",
    (fixture) => {
      const made = sniffer(fixture);
      setsockopt(made, PACKET.IGNORE_OUTGOING, true);
      drain(made);
      frame(fixture);
      const { address } = recvmsg(made, { data: [Buffer.alloc(2048)] });
      assert.ok(address.family === "packet" && address.pkttype === PACKET_TYPE.HOST);
    },
    raw,
  ),
  toggles(PACKET.ORIGDEV, packets, raw),
  toggles(PACKET.QDISC_BYPASS, packets, raw),
  observed(
    PACKET.ROLLOVER_STATS,
    "counts frames that another socket of the group took; a group that does not roll over has none",
    (fixture) => {
      const [first, second] = [sniffer(fixture), sniffer(fixture)];
      assertFails(tryGetsockopt(first, PACKET.ROLLOVER_STATS), "InvalidArgument", "EINVAL");
      setsockopt(first, PACKET.FANOUT, { id: "unique", mode: "rollover" });
      setsockopt(second, PACKET.FANOUT, getsockopt(first, PACKET.FANOUT));
      assert.deepEqual(getsockopt(first, PACKET.ROLLOVER_STATS), { all: 0, huge: 0, failed: 0 });
      // A receive buffer of the smallest size is full after a few frames.
      setsockopt(first, SO.RCVBUF, 0);
      for (let times = 0; times < 20; times++) frame(fixture);
      assert.ok(getsockopt(first, PACKET.ROLLOVER_STATS).all > 0);
      assert.ok(tryRecv(second, new Uint8Array(2048)).ok);
    },
    { ...raw, source: "packet_getsockopt() and fanout_demux_rollover() in net/packet/af_packet.c" },
  ),
  observed(
    PACKET.STATISTICS,
    "counts frames, and begins anew when it is read",
    (fixture) => {
      const made = sniffer(fixture);
      getsockopt(made, PACKET.STATISTICS);
      frame(fixture);
      const { packets: count, drops } = getsockopt(made, PACKET.STATISTICS);
      assert.ok(count >= 2 && drops === 0, `${count} ${drops}`);
    },
    raw,
  ),
  roundTrip(PACKET.TIMESTAMP, packets, 64, raw),
  toggles(PACKET.VNET_HDR, packets, raw),
  roundTrip(PACKET.VNET_HDR_SZ, packets, 12, { ...raw, requires: "Linux 6.4" }),
  observed(
    PACKET.VNET_HDR_SZ,
    "other sizes are InvalidArgument",
    (fixture) => {
      const made = packets(fixture);
      setsockopt(made, PACKET.VNET_HDR_SZ, 12);
      assertFails(trySetsockopt(made, PACKET.VNET_HDR_SZ, 11), "InvalidArgument", "EINVAL");
      setsockopt(made, PACKET.VNET_HDR, true);
      assert.equal(getsockopt(made, PACKET.VNET_HDR_SZ), 10);
    },
    { ...raw, requires: "Linux 6.4", source: "packet_setsockopt() in net/packet/af_packet.c" },
  ),
]);

optionTests("SOL_NETLINK", NETLINK, [
  observed(NETLINK.ADD_MEMBERSHIP, "the group is in the address, until DROP_MEMBERSHIP", (fixture) => {
    const made = route(fixture);
    setsockopt(made, NETLINK.ADD_MEMBERSHIP, 1);
    const name = getsockname(made);
    assert.ok(name.family === "netlink" && name.groups === 1);
    setsockopt(made, NETLINK.DROP_MEMBERSHIP, 1);
    const after = getsockname(made);
    assert.ok(after.family === "netlink" && after.groups === 0);
  }),
  toggles(NETLINK.BROADCAST_ERROR, route),
  toggles(NETLINK.CAP_ACK, route),
  observed(NETLINK.DROP_MEMBERSHIP, "a group that there is not is InvalidArgument", (fixture) => {
    assertFails(trySetsockopt(route(fixture), NETLINK.DROP_MEMBERSHIP, 0), "InvalidArgument");
  }),
  toggles(NETLINK.EXT_ACK, route),
  toggles(NETLINK.GET_STRICT_CHK, route),
  observed(NETLINK.LIST_MEMBERSHIPS, "the groups of ADD_MEMBERSHIP, also those above 32", (fixture) => {
    const made = route(fixture);
    assert.deepEqual(getsockopt(made, NETLINK.LIST_MEMBERSHIPS), []);
    for (const group of [33, 1, 5]) setsockopt(made, NETLINK.ADD_MEMBERSHIP, group);
    assert.deepEqual(getsockopt(made, NETLINK.LIST_MEMBERSHIPS), [1, 5, 33]);
    setsockopt(made, NETLINK.DROP_MEMBERSHIP, 5);
    assert.deepEqual(getsockopt(made, NETLINK.LIST_MEMBERSHIPS), [1, 33]);
  }),
  toggles(NETLINK.LISTEN_ALL_NSID, route, {
    needs: "CAP_NET_ADMIN",
    requires: "a kernel newer than Linux 6.1 to be read",
  }),
  toggles(NETLINK.NO_ENOBUFS, route),
  toggles(NETLINK.PKTINFO, route),
  observed(NETLINK.PKTINFO, "the group arrives beside a message: 0, of an answer", (fixture) => {
    const made = route(fixture);
    setsockopt(made, NETLINK.PKTINFO, true);
    const request = Uint8Array.of(17, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    sendto(made, request, 0, { family: "netlink", pid: 0, groups: 0 });
    const { control } = recvmsg(made, { data: [Buffer.alloc(65_536)], controlLength: 200 });
    assert.deepEqual(control, [{ type: "NETLINK_PKTINFO", value: 0 }]);
  }),
]);

test("PACKET_FANOUT is laid out as in the headers", () => {
  const value = new ValueResult(new ArrayBuffer(64));
  // Fanout by a BPF program, which may have been set elsewhere (include/uapi/linux/if_packet.h).
  value.view.setUint32(0, 0x10060001, true);
  assert.deepEqual(packetFanout.decode(value, linux), {
    ...{ id: 1, mode: "cbpf", rollover: true, defrag: false },
    ignoreOutgoing: false,
  });
  packetFanout.encode({ id: "unique", mode: "rnd", defrag: true, ignoreOutgoing: true }, value, linux);
  assert.equal(Buffer.from(value.valid).toString("hex"), "000004e0");
});
