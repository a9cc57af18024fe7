import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import type { Connection, Fixture } from "../../test/fixture.ts";
import { observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { accept } from "../posix/accept.ts";
import { connect, tryConnect } from "../posix/connect.ts";
import { AF, IPPROTO, POLL, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import { poll } from "../posix/poll.ts";
import { send } from "../posix/send.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import { SO } from "./so.ts";
import { TCP } from "./tcp.ts";

const tcp = (fixture: Fixture) => fixture.tcp();
const connected = (fixture: Fixture) => fixture.connection().client;

const sysctl = (name: string) => readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim();
const allowed = sysctl("tcp_allowed_congestion_control").split(" ");

/** A connection whose client is under repair. */
function repaired(fixture: Fixture): Connection {
  const connection = fixture.connection();
  setsockopt(connection.client, TCP.REPAIR, 1);
  return connection;
}

const key = Buffer.from("a key of RFC 2385");
const localhost = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;

optionTests("IPPROTO_TCP", TCP, [
  observed(TCP.CC_INFO, "reno keeps nothing, bbr and others do", (fixture) => {
    const socket = fixture.tcp();
    setsockopt(socket, TCP.CONGESTION, "reno");
    assert.equal(getsockopt(socket, TCP.CC_INFO).byteLength, 0);
    if (!allowed.includes("bbr")) return;
    setsockopt(socket, TCP.CONGESTION, "bbr");
    // struct tcp_bbr_info
    assert.equal(getsockopt(socket, TCP.CC_INFO).byteLength, 20);
  }),
  observed(TCP.CONGESTION, "each that is allowed is read back", (fixture) => {
    const socket = fixture.tcp();
    assert.equal(getsockopt(socket, TCP.CONGESTION), sysctl("tcp_congestion_control"));
    for (const name of allowed) {
      setsockopt(socket, TCP.CONGESTION, name);
      assert.equal(getsockopt(socket, TCP.CONGESTION), name);
    }
  }),
  observed(TCP.CONGESTION, "one that is not there is NotFound", (fixture) => {
    assertFails(trySetsockopt(fixture.tcp(), TCP.CONGESTION, "not-there"), "NotFound", "ENOENT");
  }),
  toggles(TCP.CORK, tcp),
  roundTrip(TCP.DEFER_ACCEPT, tcp, 5, { reads: 7, why: "time-outs of 1, 2 and 4 seconds" }),
  roundTrip(TCP.DELACK_MAX_US, tcp, 40_000, { requires: "Linux 6.15" }),
  roundTrip(TCP.FASTOPEN, tcp, 5),
  toggles(TCP.FASTOPEN_CONNECT, tcp, { requires: "Linux 4.11 and net.ipv4.tcp_fastopen of 1 or 3" }),
  roundTrip(
    TCP.FASTOPEN_KEY,
    tcp,
    Uint8Array.from({ length: 16 }, (_, index) => index),
  ),
  roundTrip(
    TCP.FASTOPEN_KEY,
    tcp,
    Uint8Array.from({ length: 32 }, (_, index) => 255 - index),
    { why: "two keys from Linux 5.3" },
  ),
  toggles(TCP.FASTOPEN_NO_COOKIE, tcp),
  observed(TCP.INFO, "a listener's state, accept queue and backlog", (fixture) => {
    const listener = fixture.listener(7);
    connect(fixture.tcp(), getsockname(listener));
    const { state, unacked, sacked } = getsockopt(listener, TCP.INFO);
    assert.deepEqual({ state, unacked, sacked }, { state: 10, unacked: 1, sacked: 7 });
  }),
  observed(TCP.INFO, "a connection's state, segment size and bytes", (fixture) => {
    const { client, server } = fixture.connection();
    send(client, new Uint8Array(1000));
    assert.equal(poll([{ socket: server, events: POLL.IN }], 5000).length, 1);
    const info = getsockopt(server, TCP.INFO);
    assert.equal(info.state, 1);
    assert.equal(info.bytes_received, 1000);
    assert.equal(info.data_segs_in, 1);
    assert.ok(info.pmtu > info.snd_mss);
    assert.equal(getsockopt(client, TCP.INFO).snd_mss, getsockopt(client, TCP.MAXSEG));
    assert.equal(getsockopt(client, TCP.INFO).bytes_sent, 1000);
  }),
  toggles(TCP.INQ, tcp),
  observed(
    TCP.IS_MPTCP,
    "a plain socket does not, one of IPPROTO_MPTCP does",
    (fixture) => {
      assert.equal(getsockopt(fixture.tcp(), TCP.IS_MPTCP), false);
      const multipath = trySocket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP);
      if (!multipath.ok) return;
      assert.equal(getsockopt(fixture.own(multipath.value), TCP.IS_MPTCP), true);
    },
    { requires: "Linux 6.7" },
  ),
  roundTrip(TCP.KEEPCNT, tcp, 127),
  roundTrip(TCP.KEEPIDLE, tcp, 32767),
  roundTrip(TCP.KEEPINTVL, tcp, 32767),
  roundTrip(TCP.LINGER2, tcp, 30),
  roundTrip(TCP.LINGER2, tcp, -5, { reads: -1, why: "any below 0" }),
  roundTrip(TCP.LINGER2, tcp, 100_000, { reads: 120, why: "TCP_FIN_TIMEOUT_MAX" }),
  roundTrip(TCP.MAXSEG, tcp, 1000),
  observed(
    TCP.MD5SIG,
    "a client with the key connects; one without stays in SYN_SENT",
    (fixture) => {
      const listener = fixture.listener();
      setsockopt(listener, TCP.MD5SIG, { address: localhost, key });
      const stranger = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(stranger, getsockname(listener)), "ConnectionPending");
      assert.equal(getsockopt(stranger, TCP.INFO).state, 2);
      const friend = fixture.tcp();
      setsockopt(friend, TCP.MD5SIG, { address: localhost, key });
      connect(friend, getsockname(listener));
      fixture.own(accept(listener).socket);
    },
    { requires: "CONFIG_TCP_MD5SIG" },
  ),
  observed(
    TCP.MD5SIG,
    "an empty key takes it away, once",
    (fixture) => {
      const socket = fixture.tcp();
      setsockopt(socket, TCP.MD5SIG, { address: localhost, key });
      setsockopt(socket, TCP.MD5SIG, { address: localhost, key: new Uint8Array() });
      const again = trySetsockopt(socket, TCP.MD5SIG, { address: localhost, key: new Uint8Array() });
      assertFails(again, "NotFound", "ENOENT");
    },
    { requires: "CONFIG_TCP_MD5SIG" },
  ),
  observed(
    TCP.MD5SIG_EXT,
    "one key for 127.0.0.0/8 lets 127.0.0.1 in",
    (fixture) => {
      const listener = fixture.listener();
      const network = { family: "ipv4", address: "127.0.0.0", port: 0 };
      setsockopt(listener, TCP.MD5SIG_EXT, { address: network, prefixLength: 8, key });
      const stranger = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(stranger, getsockname(listener)), "ConnectionPending");
      assert.equal(getsockopt(stranger, TCP.INFO).state, 2);
      const friend = fixture.tcp();
      setsockopt(friend, TCP.MD5SIG, { address: localhost, key });
      connect(friend, getsockname(listener));
      fixture.own(accept(listener).socket);
    },
    { requires: "Linux 4.14 and CONFIG_TCP_MD5SIG" },
  ),
  observed(
    TCP.MD5SIG_EXT,
    "a prefix or an interface that cannot be is InvalidArgument",
    (fixture) => {
      const socket = fixture.tcp();
      for (const more of [{ prefixLength: 33 }, { interface: 0x7fffffff }]) {
        const result = trySetsockopt(socket, TCP.MD5SIG_EXT, { address: localhost, key, ...more });
        assertFails(result, "InvalidArgument", "EINVAL");
      }
    },
    { requires: "Linux 4.14 and CONFIG_TCP_MD5SIG" },
  ),
  toggles(TCP.NODELAY, tcp),
  roundTrip(TCP.NOTSENT_LOWAT, tcp, 100),
  observed(
    TCP.QUEUE_SEQ,
    "the sequence number of the queue that was chosen",
    (fixture) => {
      const socket = fixture.tcp();
      setsockopt(socket, TCP.REPAIR, 1);
      for (const [queue, sequence] of [
        [1, 0xfedcba98],
        [2, 77],
      ] as const) {
        setsockopt(socket, TCP.REPAIR_QUEUE, queue);
        setsockopt(socket, TCP.QUEUE_SEQ, sequence);
        assert.equal(getsockopt(socket, TCP.QUEUE_SEQ), sequence);
      }
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  toggles(TCP.QUICKACK, tcp),
  roundTrip(TCP.REPAIR, tcp, 1, { needs: "CAP_NET_ADMIN" }),
  observed(
    TCP.REPAIR,
    "-1 ends it",
    (fixture) => {
      const { client } = repaired(fixture);
      setsockopt(client, TCP.REPAIR, -1);
      assert.equal(getsockopt(client, TCP.REPAIR), 0);
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  observed(
    TCP.REPAIR_OPTIONS,
    "the window scales become those given",
    (fixture) => {
      const { client } = repaired(fixture);
      setsockopt(client, TCP.REPAIR_OPTIONS, [{ code: 3, value: 5 | (6 << 16) }]);
      const { snd_wscale, rcv_wscale } = getsockopt(client, TCP.INFO);
      assert.deepEqual({ snd_wscale, rcv_wscale }, { snd_wscale: 5, rcv_wscale: 6 });
      setsockopt(client, TCP.REPAIR, -1);
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  observed(
    TCP.REPAIR_QUEUE,
    "each queue is read back; without repair it is PermissionDenied and InvalidArgument",
    (fixture) => {
      const socket = fixture.tcp();
      assertFails(trySetsockopt(socket, TCP.REPAIR_QUEUE, 1), "PermissionDenied", "EPERM");
      assertFails(tryGetsockopt(socket, TCP.REPAIR_QUEUE), "InvalidArgument", "EINVAL");
      setsockopt(socket, TCP.REPAIR, 1);
      for (const queue of [1, 2, 0]) {
        setsockopt(socket, TCP.REPAIR_QUEUE, queue);
        assert.equal(getsockopt(socket, TCP.REPAIR_QUEUE), queue);
      }
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  observed(
    TCP.REPAIR_WINDOW,
    "another largest window is read back",
    (fixture) => {
      const { client } = repaired(fixture);
      const window = getsockopt(client, TCP.REPAIR_WINDOW);
      assert.equal(window.snd_wnd, getsockopt(client, TCP.INFO).snd_wnd);
      const wider = { ...window, max_window: window.max_window + 1 };
      setsockopt(client, TCP.REPAIR_WINDOW, wider);
      assert.deepEqual(getsockopt(client, TCP.REPAIR_WINDOW), wider);
      setsockopt(client, TCP.REPAIR, -1);
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  roundTrip(TCP.RTO_MAX_MS, tcp, 5000, { requires: "Linux 6.15" }),
  roundTrip(TCP.RTO_MIN_US, tcp, 100_000, { requires: "Linux 6.15" }),
  observed(TCP.SAVED_SYN, "the IPv4 and TCP headers of the SYN, once", (fixture) => {
    const listener = fixture.listener();
    setsockopt(listener, TCP.SAVE_SYN, 1);
    const client = fixture.tcp();
    connect(client, getsockname(listener));
    const server = fixture.own(accept(listener).socket);
    const syn = Buffer.from(getsockopt(server, TCP.SAVED_SYN));
    const local = getsockname(client);
    assert.equal(syn[0], 0x45, "version 4, a header of 20 bytes");
    assert.equal(syn.readUInt16BE(20), "port" in local ? local.port : -1, "the client's port");
    assert.equal((syn[33] ?? 0) & 0x12, 0x02, "SYN without ACK");
    assert.equal(getsockopt(server, TCP.SAVED_SYN).byteLength, 0);
  }),
  roundTrip(TCP.SAVE_SYN, tcp, 1),
  roundTrip(TCP.SYNCNT, tcp, 127),
  observed(TCP.THIN_DUPACK, "it is taken, and reads false", (fixture) => {
    const socket = fixture.tcp();
    setsockopt(socket, TCP.THIN_DUPACK, true);
    assert.equal(getsockopt(socket, TCP.THIN_DUPACK), false);
  }),
  toggles(TCP.THIN_LINEAR_TIMEOUTS, tcp),
  observed(
    TCP.TIMESTAMP,
    "the clock continues from the value set",
    (fixture) => {
      const socket = fixture.tcp();
      assertFails(trySetsockopt(socket, TCP.TIMESTAMP, 5), "PermissionDenied", "EPERM");
      setsockopt(socket, TCP.REPAIR, 1);
      setsockopt(socket, TCP.TIMESTAMP, 0x80000000);
      const clock = getsockopt(socket, TCP.TIMESTAMP);
      assert.ok(clock >= 0x80000000 && clock < 0x80000000 + 600_000, `${clock}`);
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  roundTrip(TCP.TX_DELAY, tcp, 100, { requires: "Linux 5.3" }),
  observed(TCP.ULP, "none at first, and one that is not there is NotFound", (fixture) => {
    const { client } = fixture.connection();
    assert.equal(getsockopt(client, TCP.ULP), "");
    assertFails(trySetsockopt(client, TCP.ULP, "not-there"), "NotFound", "ENOENT");
  }),
  observed(TCP.ULP, "tls, once", (fixture) => {
    const { client } = fixture.connection();
    const first = trySetsockopt(client, TCP.ULP, "tls");
    if (!first.ok && first.error.name === "NotFound") return fixture.skip("this kernel lacks CONFIG_TLS");
    assert.ok(first.ok);
    assert.equal(getsockopt(client, TCP.ULP), "tls");
    assertFails(trySetsockopt(client, TCP.ULP, "tls"), "AlreadyExists", "EEXIST");
  }),
  roundTrip(TCP.USER_TIMEOUT, tcp, 1234),
  roundTrip(TCP.WINDOW_CLAMP, tcp, 100_000),
  observed(TCP.WINDOW_CLAMP, "a connection's cannot be taken away", (fixture) => {
    assertFails(trySetsockopt(connected(fixture), TCP.WINDOW_CLAMP, 0), "InvalidArgument", "EINVAL");
  }),
  observed(TCP.KEEPIDLE, "it is TCP's alone: OptionNotSupported of a unix and a UDP socket", (fixture) => {
    assertFails(tryGetsockopt(fixture.pair()[0], TCP.KEEPIDLE), "OptionNotSupported", "EOPNOTSUPP");
    assertFails(tryGetsockopt(fixture.udp(), TCP.KEEPIDLE), "OptionNotSupported", "EOPNOTSUPP");
    assert.equal(getsockopt(fixture.tcp(), SO.KEEPALIVE), false);
  }),
]);
