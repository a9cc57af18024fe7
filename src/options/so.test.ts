import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { withFilter } from "../../test/bpf.ts";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, IPPROTO, POLL, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { poll } from "../posix/poll.ts";
import { tryRecv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { host } from "../system/host.ts";
import { SO } from "./so.ts";

const severalGroups = {
  except: {
    bun: "Bun's process.setgroups() takes 64 groups at most",
    deno: "Deno's process.setgroups() sets none",
  },
};

const tcp = (fixture: Fixture) => fixture.tcp();
const udp = (fixture: Fixture) => fixture.udp();
const unix = (fixture: Fixture) => fixture.pair()[0];

function boundUdp(fixture: Fixture): Socket {
  const bound = fixture.udp();
  bind(bound, loopback);
  return bound;
}

/** A datagram of one byte from an unrelated socket. */
function sendByte(fixture: Fixture, byte: number, to: Socket): void {
  sendto(fixture.udp(), Uint8Array.of(byte), 0, getsockname(to));
}

/** The byte of the next datagram. */
function nextByte(receiver: Socket): number | undefined {
  assert.equal(poll([{ socket: receiver, events: POLL.IN }], 5000).length, 1, "nothing came");
  const byte = new Uint8Array(1);
  assertOk(tryRecv(receiver, byte));
  return byte[0];
}

const limit = (name: string) => Number(readFileSync(`/proc/sys/net/core/${name}`, "utf8"));

optionTests("SOL_SOCKET", SO, [
  observed(SO.ACCEPTCONN, "a listener says true, another socket false", (fixture) => {
    assert.equal(getsockopt(fixture.listener(), SO.ACCEPTCONN), true);
    assert.equal(getsockopt(fixture.tcp(), SO.ACCEPTCONN), false);
  }),
  observed(SO.ATTACH_BPF, "a program that keeps 0 bytes drops every datagram", (fixture) =>
    withFilter(fixture, 0, (program) => {
      const receiver = boundUdp(fixture);
      setsockopt(receiver, SO.ATTACH_BPF, program);
      sendByte(fixture, 1, receiver);
      setsockopt(receiver, SO.DETACH_BPF, true);
      sendByte(fixture, 2, receiver);
      assert.equal(nextByte(receiver), 2);
    }),
  ),
  observed(SO.ATTACH_BPF, "a descriptor that is no program is InvalidArgument", (fixture) => {
    const socket = fixture.udp();
    assertFails(trySetsockopt(socket, SO.ATTACH_BPF, socket.fd), "InvalidArgument");
  }),
  observed(SO.ATTACH_REUSEPORT_EBPF, "a program that returns 1 chooses the second socket", (fixture) =>
    withFilter(fixture, 1, (program) => {
      const [first, second] = sharingPort(fixture);
      setsockopt(first, SO.ATTACH_REUSEPORT_EBPF, program);
      for (const byte of [1, 2, 3, 4, 5, 6, 7, 8]) {
        sendByte(fixture, byte, second);
        assert.equal(nextByte(second), byte);
      }
    }),
  ),
  roundTrip(SO.BINDTODEVICE, udp, "lo"),
  observed(
    SO.BINDTODEVICE,
    "the empty name unbinds it",
    (fixture) => {
      const socket = fixture.udp();
      setsockopt(socket, SO.BINDTODEVICE, "lo");
      setsockopt(socket, SO.BINDTODEVICE, "");
      assert.equal(getsockopt(socket, SO.BINDTODEVICE), "");
    },
    { needs: "CAP_NET_RAW" },
  ),
  observed(SO.BINDTODEVICE, "an interface that is not there is DeviceNotFound", (fixture) => {
    assertFails(trySetsockopt(fixture.udp(), SO.BINDTODEVICE, "not-there"), "DeviceNotFound", "ENODEV");
  }),
  roundTrip(SO.BINDTOIFINDEX, udp, Math.max(1, host.if_nametoindex("lo")), { requires: "Linux 5.0" }),
  observed(SO.BPF_EXTENSIONS, "it is SKF_AD_MAX: 64 or more", (fixture) => {
    assert.ok(getsockopt(fixture.udp(), SO.BPF_EXTENSIONS) >= 64);
  }),
  toggles(SO.BROADCAST, udp),
  roundTrip(SO.BUF_LOCK, tcp, 3, { requires: "Linux 5.14" }),
  roundTrip(SO.BUSY_POLL, udp, 50, { needs: "CAP_NET_ADMIN", requires: "CONFIG_NET_RX_BUSY_POLL" }),
  observed(
    SO.BUSY_POLL_BUDGET,
    "the kernel takes it",
    (fixture) => setsockopt(fixture.udp(), SO.BUSY_POLL_BUDGET, 8),
    { needs: "CAP_NET_ADMIN", requires: "Linux 5.11 and CONFIG_NET_RX_BUSY_POLL" },
  ),
  toggles(SO.CONDITIONAL_ACCEPT, tcp),
  toggles(SO.EXCLUSIVEADDRUSE, tcp),
  observed(SO.CNX_ADVICE, "a connected socket takes it", (fixture) => {
    setsockopt(fixture.connection().client, SO.CNX_ADVICE, true);
  }),
  observed(SO.COOKIE, "it is the socket's own, and stays", (fixture) => {
    const [left, right] = [fixture.tcp(), fixture.tcp()];
    assert.equal(getsockopt(left, SO.COOKIE), getsockopt(left, SO.COOKIE));
    assert.notEqual(getsockopt(left, SO.COOKIE), getsockopt(right, SO.COOKIE));
  }),
  toggles(SO.DEBUG, tcp, { needs: "CAP_NET_ADMIN" }),
  observed(SO.DETACH_BPF, "datagrams come again, and there is no filter any more", (fixture) =>
    withFilter(fixture, 0, (program) => {
      const receiver = boundUdp(fixture);
      setsockopt(receiver, SO.ATTACH_BPF, program);
      setsockopt(receiver, SO.DETACH_BPF, true);
      sendByte(fixture, 1, receiver);
      assert.equal(nextByte(receiver), 1);
      assertFails(trySetsockopt(receiver, SO.DETACH_BPF, true), "NotFound", "ENOENT");
    }),
  ),
  observed(SO.DETACH_FILTER, "it is the same as DETACH_BPF", (fixture) =>
    withFilter(fixture, 0, (program) => {
      const receiver = boundUdp(fixture);
      setsockopt(receiver, SO.ATTACH_BPF, program);
      setsockopt(receiver, SO.DETACH_FILTER, true);
      assertFails(trySetsockopt(receiver, SO.DETACH_BPF, true), "NotFound", "ENOENT");
    }),
  ),
  observed(SO.DETACH_REUSEPORT_BPF, "it takes the program away, once", (fixture) =>
    withFilter(fixture, 1, (program) => {
      const [first] = sharingPort(fixture);
      setsockopt(first, SO.ATTACH_REUSEPORT_EBPF, program);
      setsockopt(first, SO.DETACH_REUSEPORT_BPF, true);
      assertFails(trySetsockopt(first, SO.DETACH_REUSEPORT_BPF, true), "NotFound", "ENOENT");
    }),
  ),
  observed(
    SO.DEVMEM_DONTNEED,
    "tokens that the socket does not hold are passed over",
    (fixture) => setsockopt(fixture.tcp(), SO.DEVMEM_DONTNEED, [{ start: 1, count: 1 }]),
    { requires: "Linux 6.12 and CONFIG_PAGE_POOL" },
  ),
  observed(SO.DOMAIN, "it is the family that the socket was made with", (fixture) => {
    assert.equal(getsockopt(fixture.tcp(), SO.DOMAIN), AF.INET);
    assert.equal(getsockopt(fixture.pair()[0], SO.DOMAIN), AF.UNIX);
  }),
  toggles(SO.DONTROUTE, udp),
  observed(SO.ERROR, "a refused datagram is pending, and to read it clears it", (fixture) => {
    const gone = boundUdp(fixture);
    const address = getsockname(gone);
    gone[Symbol.dispose]();
    const client = fixture.udp();
    connect(client, address);
    assert.equal(getsockopt(client, SO.ERROR), null);
    send(client, new Uint8Array(1));
    assert.equal(poll([{ socket: client, events: 0 }], 5000)[0]?.revents, POLL.ERR);
    const error = getsockopt(client, SO.ERROR);
    assert.deepEqual([error?.name, error?.code, error?.errno], ["ConnectionRefused", "ECONNREFUSED", -111]);
    assert.match(error?.message ?? "", /^SO_ERROR ECONNREFUSED: /);
    assert.equal(getsockopt(client, SO.ERROR), null);
  }),
  roundTrip(SO.INCOMING_CPU, tcp, 0),
  observed(
    SO.INCOMING_NAPI_ID,
    "0 before anything has come",
    (fixture) => assert.equal(getsockopt(fixture.tcp(), SO.INCOMING_NAPI_ID), 0),
    { requires: "CONFIG_NET_RX_BUSY_POLL" },
  ),
  observed(
    SO.INQ,
    "a unix stream takes it, and no other socket",
    (fixture) => {
      const [stream] = fixture.pair();
      setsockopt(stream, SO.INQ, true);
      setsockopt(stream, SO.INQ, false);
      assertFails(trySetsockopt(fixture.udp(), SO.INQ, true), "OptionNotSupported");
    },
    { requires: "Linux 6.17" },
  ),
  toggles(SO.KEEPALIVE, tcp),
  roundTrip(SO.LINGER, tcp, { on: true, seconds: 7 }),
  observed(SO.LOCK_FILTER, "it is for good", (fixture) => {
    const socket = fixture.udp();
    setsockopt(socket, SO.LOCK_FILTER, true);
    assert.equal(getsockopt(socket, SO.LOCK_FILTER), true);
    assertFails(trySetsockopt(socket, SO.LOCK_FILTER, false), "PermissionDenied", "EPERM");
  }),
  roundTrip(SO.MARK, udp, 0xfedcba98, { needs: "CAP_NET_ADMIN" }),
  roundTrip(SO.MAX_PACING_RATE, tcp, 1_000_000),
  roundTrip(SO.MAX_PACING_RATE, tcp, 2 ** 40, { why: "64 bits from Linux 4.20" }),
  observed(SO.MAX_PACING_RATE, "Infinity is no limit, as at first", (fixture) => {
    const socket = fixture.tcp();
    assert.equal(getsockopt(socket, SO.MAX_PACING_RATE), Number.POSITIVE_INFINITY);
    setsockopt(socket, SO.MAX_PACING_RATE, 1);
    setsockopt(socket, SO.MAX_PACING_RATE, Number.POSITIVE_INFINITY);
    assert.equal(getsockopt(socket, SO.MAX_PACING_RATE), Number.POSITIVE_INFINITY);
  }),
  observed(SO.MEMINFO, "it has the buffers' limits, and what is queued", (fixture) => {
    const receiver = boundUdp(fixture);
    const empty = getsockopt(receiver, SO.MEMINFO);
    assert.equal(empty.rcvbuf, getsockopt(receiver, SO.RCVBUF));
    assert.equal(empty.sndbuf, getsockopt(receiver, SO.SNDBUF));
    assert.equal(empty.rmem_alloc, 0);
    sendByte(fixture, 1, receiver);
    assert.equal(poll([{ socket: receiver, events: POLL.IN }], 5000).length, 1);
    assert.ok(getsockopt(receiver, SO.MEMINFO).rmem_alloc > 0);
  }),
  observed(
    SO.NETNS_COOKIE,
    "it is the namespace's, the same for both sockets",
    (fixture) => {
      const cookie = getsockopt(fixture.tcp(), SO.NETNS_COOKIE);
      assert.ok(cookie > 0n);
      assert.equal(getsockopt(fixture.udp(), SO.NETNS_COOKIE), cookie);
    },
    { requires: "Linux 5.14" },
  ),
  toggles(SO.NOFCS, udp),
  toggles(SO.NO_CHECK, udp),
  toggles(SO.OOBINLINE, tcp),
  toggles(SO.PASSCRED, unix),
  toggles(SO.PASSPIDFD, unix, { requires: "Linux 6.5" }),
  toggles(SO.PASSRIGHTS, unix, { requires: "Linux 6.16" }),
  toggles(SO.PASSSEC, unix),
  roundTrip(SO.PEEK_OFF, unix, 5),
  observed(SO.PEERCRED, "this process made both ends of a pair", (fixture) => {
    const { pid } = process;
    const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
    assert.deepEqual(getsockopt(fixture.pair()[0], SO.PEERCRED), { pid, uid, gid });
  }),
  observed(SO.PEERGROUPS, "they are this process's, and there is NotFound without a peer", (fixture) => {
    const groups = getsockopt(fixture.pair()[0], SO.PEERGROUPS);
    // getgroups() adds the effective group, which need not be a supplementary one.
    const own = new Set(process.getgroups?.());
    assert.deepEqual(
      groups.filter((group) => !own.has(group)),
      [],
    );
    assert.ok(groups.length >= own.size - 1);
    const alone = fixture.socket(AF.UNIX, SOCK.STREAM);
    assertFails(tryGetsockopt(alone, SO.PEERGROUPS), "NotFound", "ENODATA");
  }),
  ...[300, 5000].map((count) =>
    observed(
      SO.PEERGROUPS,
      `${count} groups, more than it asks for at first, all come`,
      (fixture) => {
        if (process.geteuid?.() !== 0) return fixture.skip("it needs CAP_SETGID");
        const before = process.getgroups?.() ?? [];
        const many = Array.from({ length: count }, (_, index) => 100_000 + index);
        process.setgroups?.(many);
        try {
          assert.deepEqual(getsockopt(fixture.pair()[0], SO.PEERGROUPS), many);
        } finally {
          process.setgroups?.(before);
        }
      },
      severalGroups,
    ),
  ),
  observed(
    SO.PEERPIDFD,
    "it is a new descriptor of this process",
    (fixture) => {
      const fd = getsockopt(fixture.pair()[0], SO.PEERPIDFD);
      try {
        const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
        assert.equal(/^Pid:\s*(\d+)$/m.exec(info)?.[1], String(process.pid));
      } finally {
        closeDescriptor(fd);
      }
      assertFails(tryGetsockopt(fixture.socket(AF.UNIX, SOCK.STREAM), SO.PEERPIDFD), "NotFound", "ENODATA");
    },
    { requires: "Linux 6.5" },
  ),
  observed(
    SO.PEERSEC,
    "it is a label",
    (fixture) => assert.match(getsockopt(fixture.pair()[0], SO.PEERSEC), /./),
    { requires: "a security module that labels sockets" },
  ),
  toggles(SO.PREFER_BUSY_POLL, udp, {
    needs: "CAP_NET_ADMIN",
    requires: "Linux 5.11 and CONFIG_NET_RX_BUSY_POLL",
  }),
  roundTrip(SO.PRIORITY, udp, 6),
  observed(SO.PROTOCOL, "it is the protocol that the socket was made with", (fixture) => {
    assert.equal(getsockopt(fixture.tcp(), SO.PROTOCOL), IPPROTO.TCP);
    assert.equal(getsockopt(fixture.udp(), SO.PROTOCOL), IPPROTO.UDP);
  }),
  roundTrip(SO.RCVBUF, tcp, 10_000, { reads: 20_000, why: "the kernel doubles it" }),
  observed(
    SO.RCVBUFFORCE,
    "it goes past net.core.rmem_max, where RCVBUF stops",
    (fixture) => {
      const socket = fixture.udp();
      const max = limit("rmem_max");
      setsockopt(socket, SO.RCVBUF, max + 4096);
      assert.equal(getsockopt(socket, SO.RCVBUF), 2 * max);
      setsockopt(socket, SO.RCVBUFFORCE, max + 4096);
      assert.equal(getsockopt(socket, SO.RCVBUF), 2 * (max + 4096));
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  roundTrip(SO.RCVLOWAT, udp, 5),
  observed(SO.RCVLOWAT, "0 acts as 1", (fixture) => {
    const socket = fixture.udp();
    setsockopt(socket, SO.RCVLOWAT, 5);
    setsockopt(socket, SO.RCVLOWAT, 0);
    assert.equal(getsockopt(socket, SO.RCVLOWAT), 1);
  }),
  toggles(SO.RCVMARK, udp, { needs: "CAP_NET_ADMIN", requires: "Linux 5.19" }),
  toggles(SO.RCVPRIORITY, udp, { requires: "Linux 6.14" }),
  roundTrip(SO.RCVTIMEO, udp, 1000),
  observed(SO.RCVTIMEO, "a fraction is rounded up to a tick; a receive then gives up", (fixture) => {
    const socket = boundUdp(fixture);
    setsockopt(socket, SO.RCVTIMEO, 0.25);
    const ticks = getsockopt(socket, SO.RCVTIMEO);
    assert.ok(ticks >= 0.25 && ticks <= 10.25, `${ticks}`);
    assertFails(tryRecv(socket, new Uint8Array(1)), "WouldBlock", "EAGAIN");
    setsockopt(socket, SO.RCVTIMEO, 0);
    assert.equal(getsockopt(socket, SO.RCVTIMEO), 0);
  }),
  roundTrip(SO.RESERVE_MEM, tcp, 4096, { requires: "Linux 5.16 and a memory cgroup of the process" }),
  toggles(SO.REUSEADDR, tcp),
  toggles(SO.REUSEPORT, tcp),
  toggles(SO.RXQ_OVFL, udp),
  toggles(SO.SELECT_ERR_QUEUE, udp),
  roundTrip(SO.SNDBUF, tcp, 10_000, { reads: 20_000, why: "the kernel doubles it" }),
  observed(
    SO.SNDBUFFORCE,
    "it goes past net.core.wmem_max, where SNDBUF stops",
    (fixture) => {
      const socket = fixture.udp();
      const max = limit("wmem_max");
      setsockopt(socket, SO.SNDBUF, max + 4096);
      assert.equal(getsockopt(socket, SO.SNDBUF), 2 * max);
      setsockopt(socket, SO.SNDBUFFORCE, max + 4096);
      assert.equal(getsockopt(socket, SO.SNDBUF), 2 * (max + 4096));
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  observed(SO.SNDLOWAT, "it is 1", (fixture) => {
    assert.equal(getsockopt(fixture.tcp(), SO.SNDLOWAT), 1);
  }),
  roundTrip(SO.SNDTIMEO, udp, 86_400_000, { why: "a day" }),
  toggles(SO.TIMESTAMP, udp),
  roundTrip(SO.TIMESTAMPING, udp, 0x18, {
    why: "SOF_TIMESTAMPING_SOFTWARE, SOF_TIMESTAMPING_RX_SOFTWARE",
  }),
  toggles(SO.TIMESTAMPNS, udp),
  roundTrip(SO.TXREHASH, tcp, 0, { requires: "Linux 5.18" }),
  observed(
    SO.TXREHASH,
    "-1 is what net.core.txrehash says",
    (fixture) => {
      const socket = fixture.tcp();
      const initial = getsockopt(socket, SO.TXREHASH);
      setsockopt(socket, SO.TXREHASH, 0);
      setsockopt(socket, SO.TXREHASH, -1);
      assert.equal(getsockopt(socket, SO.TXREHASH), limit("txrehash"));
      assert.equal(initial, limit("txrehash"));
    },
    { requires: "Linux 5.18" },
  ),
  roundTrip(SO.TXTIME, udp, { clockid: 1, flags: 3 }),
  observed(SO.TYPE, "it is the type that the socket was made with", (fixture) => {
    assert.equal(getsockopt(fixture.tcp(), SO.TYPE), SOCK.STREAM);
    assert.equal(getsockopt(fixture.pair(SOCK.SEQPACKET)[0], SO.TYPE), SOCK.SEQPACKET);
  }),
  toggles(SO.WIFI_STATUS, udp),
  toggles(SO.ZEROCOPY, tcp),
  observed(SO.ZEROCOPY, "a unix socket does not have it", (fixture) => {
    const result = trySetsockopt(fixture.pair()[0], SO.ZEROCOPY, true);
    assertFails(result, "OptionNotSupported", "EOPNOTSUPP");
    assertOk(trySetsockopt(fixture.udp(), SO.ZEROCOPY, true));
  }),
]);

/** Two datagram sockets on one port, in the order of their index for a program. */
function sharingPort(fixture: Fixture): [Socket, Socket] {
  const [first, second] = [fixture.udp(), fixture.udp()];
  setsockopt(first, SO.REUSEPORT, true);
  setsockopt(second, SO.REUSEPORT, true);
  bind(first, loopback);
  bind(second, getsockname(first));
  return [first, second];
}
