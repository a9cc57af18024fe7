// The levels other than those of SO, IP, IPV6, TCP and UDP.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertFails } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { lacking, observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, IPPROTO, NETLINK_FAMILY, PACKET_TYPE, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv, tryRecv } from "../posix/recv.ts";
import { recvmsg } from "../posix/recvmsg.ts";
import { sendmsg } from "../posix/sendmsg.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import { linux } from "../system/linux/linux.ts";
import { ValueResult } from "../system/value-result.ts";
import { ICMP, ICMPV6 } from "./icmp.ts";
import { MPTCP } from "./mptcp.ts";
import { NETLINK, PACKET } from "./packet.ts";
import { packetFanout } from "./structures/packet.ts";
import { tlsCryptoInfo } from "./structures/tls-crypto-info.ts";
import { TCP } from "./tcp.ts";
import { TLS } from "./tls.ts";
import { UDPLITE } from "./udplite.ts";
import { VSOCK } from "./vsock.ts";

const raw = { needs: "CAP_NET_RAW" } as const;
const packets = (fixture: Fixture) => fixture.socket(AF.PACKET, SOCK.RAW);
const route = (fixture: Fixture) => fixture.socket(AF.NETLINK, SOCK.RAW, NETLINK_FAMILY.ROUTE);

/** A packet socket that receives every frame of the loopback interface, and never blocks. */
function sniffer(fixture: Fixture): Socket {
  const made = fixture.socket(AF.PACKET, SOCK.DGRAM, 0, { nonblocking: true });
  bind(made, { family: "packet", protocol: 3, ifindex: "lo" });
  return made;
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
      const value = { id: process.pid & 0xffff, mode: "lb", rollover: false, defrag: false } as const;
      for (const each of made) {
        setsockopt(each, PACKET.IGNORE_OUTGOING, true);
        setsockopt(each, PACKET.FANOUT, value);
        assert.deepEqual(getsockopt(each, PACKET.FANOUT), value);
      }
      for (let times = 0; times < 4; times++) frame(fixture);
      const counts = made.map((each) => {
        let count = 0;
        while (tryRecv(each, new Uint8Array(2048)).ok) count++;
        return count;
      });
      assert.ok(
        counts.every((count) => count > 0),
        counts.join(),
      );
    },
    raw,
  ),
  toggles(PACKET.IGNORE_OUTGOING, packets, raw),
  observed(
    PACKET.IGNORE_OUTGOING,
    "only what arrives is received",
    (fixture) => {
      const made = sniffer(fixture);
      setsockopt(made, PACKET.IGNORE_OUTGOING, true);
      frame(fixture);
      const { address } = recvmsg(made, { data: [Buffer.alloc(2048)] });
      assert.ok(address.family === "packet" && address.pkttype === PACKET_TYPE.HOST);
    },
    raw,
  ),
  toggles(PACKET.ORIGDEV, packets, raw),
  toggles(PACKET.QDISC_BYPASS, packets, raw),
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

const icmp = (fixture: Fixture) => fixture.socket(AF.INET, SOCK.RAW, IPPROTO.ICMP, { nonblocking: true });
const icmp6 = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.RAW, IPPROTO.ICMPV6);

optionTests("ICMP", ICMP, [
  roundTrip(ICMP.FILTER, icmp, [0, 3, 31], raw),
  observed(
    ICMP.FILTER,
    "what it names is not received",
    (fixture) => {
      const made = icmp(fixture);
      setsockopt(made, ICMP.FILTER, [8]);
      // An echo request (RFC 792), whose checksum is that of its only word.
      sendto(made, Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0), 0, loopback);
      const buffer = Buffer.alloc(64);
      assert.ok(recv(made, buffer) > 20);
      assert.equal(buffer[20], 0, "the answer, and not the request");
    },
    raw,
  ),
]);
optionTests("ICMPV6", ICMPV6, [roundTrip(ICMPV6.FILTER, icmp6, [0, 128, 255], raw)]);

/** A socket of a protocol that the kernel may lack; throws OptionNotSupported in that case. */
const vsock = (fixture: Fixture) => fixture.socket(AF.VSOCK, SOCK.STREAM);
const withVsock = (row: ReturnType<typeof observed>) => lacking(row, () => trySocket(AF.VSOCK, SOCK.STREAM));

optionTests("AF_VSOCK", VSOCK, [
  withVsock(roundTrip(VSOCK.VM_SOCKETS_BUFFER_MAX_SIZE, vsock, 1_000_000)),
  withVsock(roundTrip(VSOCK.VM_SOCKETS_BUFFER_MIN_SIZE, vsock, 1000)),
  withVsock(roundTrip(VSOCK.VM_SOCKETS_BUFFER_SIZE, vsock, 100_000)),
  withVsock(roundTrip(VSOCK.VM_SOCKETS_CONNECT_TIMEOUT, vsock, 1500)),
  withVsock(
    observed(VSOCK.VM_SOCKETS_TRUSTED, "only VMware's transport has it", (fixture) => {
      assertFails(tryGetsockopt(vsock(fixture), VSOCK.VM_SOCKETS_TRUSTED), "OptionNotSupported");
    }),
  ),
]);

const mptcp = (fixture: Fixture) => fixture.socket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP);

optionTests("SOL_MPTCP", MPTCP, [
  lacking(
    observed(MPTCP.INFO, "both ends of a connection", (fixture) => {
      const listener = mptcp(fixture);
      bind(listener, loopback);
      listen(listener, 1);
      const client = mptcp(fixture);
      connect(client, getsockname(listener));
      const server = fixture.own(accept(listener).socket);
      for (const end of [client, server]) {
        const { flags, token, subflows } = getsockopt(end, MPTCP.INFO);
        assert.deepEqual([flags & 1, subflows], [0, 0]);
        assert.ok(token !== 0);
      }
      assertFails(tryGetsockopt(fixture.tcp(), MPTCP.INFO), "OptionNotSupported");
    }),
    () => trySocket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP),
  ),
]);

const udplite = (fixture: Fixture) => fixture.socket(AF.INET, SOCK.DGRAM, IPPROTO.UDPLITE);
const withUdplite = (row: ReturnType<typeof observed>) =>
  lacking(row, () => trySocket(AF.INET, SOCK.DGRAM, IPPROTO.UDPLITE));

optionTests("IPPROTO_UDPLITE", UDPLITE, [
  withUdplite(roundTrip(UDPLITE.RECV_CSCOV, udplite, 20)),
  withUdplite(roundTrip(UDPLITE.SEND_CSCOV, udplite, 8)),
]);

const keys = {
  version: "TLSv1.2",
  cipher: "aes-128-gcm",
  iv: new Uint8Array(8).fill(1),
  key: new Uint8Array(16).fill(2),
  salt: new Uint8Array(4).fill(3),
  recSeq: new Uint8Array(8),
} as const;

/** A connection on which the kernel encrypts. */
function encrypted(fixture: Fixture) {
  const { client, server } = fixture.connection();
  const result = trySetsockopt(client, TCP.ULP, "tls");
  if (!result.ok) {
    fixture.skip(`this kernel lacks CONFIG_TLS: ${result.error.message}`);
    return undefined;
  }
  setsockopt(server, TCP.ULP, "tls");
  return { client, server };
}

optionTests("SOL_TLS", TLS, [
  observed(TLS.RX, "what one side encrypts the other decrypts", (fixture) => {
    const both = encrypted(fixture);
    if (both === undefined) return;
    setsockopt(both.client, TLS.TX, keys);
    setsockopt(both.server, TLS.RX, keys);
    sendto(both.client, Buffer.from("secret"), 0, getsockname(both.server));
    const buffer = Buffer.alloc(16);
    assert.equal(buffer.toString("utf8", 0, recv(both.server, buffer)), "secret");
  }),
  observed(TLS.RX, "records of other types than data, both ways", (fixture) => {
    const both = encrypted(fixture);
    if (both === undefined) return;
    setsockopt(both.client, TLS.TX, keys);
    setsockopt(both.server, TLS.RX, keys);
    const alert = Uint8Array.of(1, 0); // close_notify (RFC 5246, 7.2)
    sendmsg(both.client, { data: [alert], control: [{ type: "TLS_SET_RECORD_TYPE", value: 21 }] });
    const { bytes, control } = recvmsg(both.server, { data: [new Uint8Array(16)], controlLength: 64 });
    assert.deepEqual([bytes, control], [2, [{ type: "TLS_GET_RECORD_TYPE", value: 21 }]]);
  }),
  observed(TLS.RX, "a record that is not authentic is ProtocolFailure", (fixture) => {
    const both = encrypted(fixture);
    if (both === undefined) return;
    setsockopt(both.server, TLS.RX, keys);
    // Application data of TLS 1.2, of 32 bytes (RFC 5246, 6.2).
    const header = Uint8Array.of(23, 3, 3, 0, 32);
    sendmsg(both.client, { data: [header, new Uint8Array(32)] });
    assertFails(tryRecv(both.server, new Uint8Array(64)), "ProtocolFailure", "EBADMSG");
  }),
  observed(TLS.RX_EXPECT_NO_PAD, "it is TLS 1.3's", (fixture) => {
    const both = encrypted(fixture);
    if (both === undefined) return;
    setsockopt(both.server, TLS.RX, keys);
    assert.ok(!trySetsockopt(both.server, TLS.RX_EXPECT_NO_PAD, true).ok);
  }),
  observed(TLS.TX, "keys are set once", (fixture) => {
    const both = encrypted(fixture);
    if (both === undefined) return;
    setsockopt(both.client, TLS.TX, keys);
    assertFails(trySetsockopt(both.client, TLS.TX, keys), "ResourceBusy");
  }),
  observed(TLS.TX_ZEROCOPY_RO, "the flag is set", (fixture) => {
    const both = encrypted(fixture);
    if (both === undefined) return;
    setsockopt(both.client, TLS.TX, keys);
    assert.ok(trySetsockopt(both.client, TLS.TX_ZEROCOPY_RO, true).ok);
  }),
]);

test("structures are laid out as in the headers", () => {
  const value = new ValueResult(new ArrayBuffer(512));
  const encoded = () => Buffer.from(value.valid).toString("hex");
  tlsCryptoInfo.encode(keys, value, linux);
  assert.equal(encoded(), `03033300${"01".repeat(8)}${"02".repeat(16)}${"03".repeat(4)}${"00".repeat(8)}`);
  const chacha = { cipher: "chacha20-poly1305", key: new Uint8Array(32), iv: new Uint8Array(12) } as const;
  const other = { ...keys, ...chacha, version: "TLSv1.3", salt: new Uint8Array(0) } as const;
  tlsCryptoInfo.encode(other, value, linux);
  assert.equal(encoded(), `04033600${"00".repeat(52)}`);
  assert.throws(
    () => tlsCryptoInfo.encode({ ...keys, key: new Uint8Array(32) }, value, linux),
    /^RangeError: key/,
  );
  // Fanout by a BPF program, which may have been set elsewhere (include/uapi/linux/if_packet.h).
  value.view.setUint32(0, 0x10060001, true);
  assert.deepEqual(packetFanout.decode(value, linux), { id: 1, mode: "cbpf", rollover: true, defrag: false });
});
