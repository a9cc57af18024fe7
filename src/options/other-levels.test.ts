// The levels other than those of SO, IP, IPV6, TCP and UDP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { lacking, observed, optionTests, roundTrip } from "../../test/round-trip.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, IPPROTO, SOCK, TCP_STATE } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import { ICMP_TYPE } from "../posix/icmp.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv, tryRecv } from "../posix/recv.ts";
import { recvmsg } from "../posix/recvmsg.ts";
import { send } from "../posix/send.ts";
import { sendmsg } from "../posix/sendmsg.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import { linux } from "../system/linux/linux.ts";
import { ValueResult } from "../system/value-result.ts";
import { ICMP, ICMPV6 } from "./icmp.ts";
import { MPTCP } from "./mptcp.ts";
import { mptcpTcpinfo } from "./structures/mptcp-subflows.ts";
import { tlsCryptoInfo } from "./structures/tls-crypto-info.ts";
import { TCP } from "./tcp.ts";
import { TLS } from "./tls.ts";
import { UDPLITE } from "./udplite.ts";
import { VSOCK } from "./vsock.ts";

const raw = { needs: "CAP_NET_RAW" } as const;

const icmp = (fixture: Fixture) => fixture.socket(AF.INET, SOCK.RAW, IPPROTO.ICMP, { nonblocking: true });
const icmp6 = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.RAW, IPPROTO.ICMPV6);

optionTests("ICMP", ICMP, [
  roundTrip(ICMP.FILTER, icmp, [0, 3, 31], raw),
  observed(
    ICMP.FILTER,
    "what it names is not received",
    (fixture) => {
      const made = icmp(fixture);
      setsockopt(made, ICMP.FILTER, [ICMP_TYPE.ECHO]);
      // An echo request (RFC 792), whose checksum is that of its only word.
      sendto(made, Uint8Array.of(ICMP_TYPE.ECHO, 0, 0xf7, 0xff, 0, 0, 0, 0), 0, loopback);
      const buffer = Buffer.alloc(64);
      assert.ok(recv(made, buffer) > 20);
      assert.equal(buffer[20], ICMP_TYPE.ECHOREPLY, "the answer, and not the request");
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

function connected(fixture: Fixture, listener: Socket): { client: Socket; server: Socket } {
  bind(listener, loopback);
  listen(listener, 1);
  const client = mptcp(fixture);
  connect(client, getsockname(listener));
  return { client, server: fixture.own(accept(listener).socket) };
}

optionTests("SOL_MPTCP", MPTCP, [
  lacking(
    observed(MPTCP.INFO, "both ends of a connection", (fixture) => {
      const { client, server } = connected(fixture, mptcp(fixture));
      for (const end of [client, server]) {
        const { flags, token, subflows } = getsockopt(end, MPTCP.INFO);
        assert.deepEqual([flags & 1, subflows], [0, 0]);
        assert.ok(token !== 0);
      }
      assertFails(tryGetsockopt(fixture.tcp(), MPTCP.INFO), "OptionNotSupported");
    }),
    () => trySocket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP),
  ),
  lacking(
    observed(MPTCP.SUBFLOW_ADDRS, "both ends of a connection; no addresses before it", (fixture) => {
      const listener = mptcp(fixture);
      const before = getsockopt(mptcp(fixture), MPTCP.SUBFLOW_ADDRS);
      const nowhere = { family: "ipv4", address: "0.0.0.0", port: 0 };
      // On Linux 6.1 a socket has its first path from the start (mptcp_init_sock()).
      if (before.length > 0) assert.deepEqual(before, [{ local: nowhere, remote: nowhere }]);
      const { client, server } = connected(fixture, listener);
      const [local, remote] = [getsockname(client), getsockname(listener)];
      assert.deepEqual(getsockopt(client, MPTCP.SUBFLOW_ADDRS), [{ local, remote }]);
      assert.deepEqual(getsockopt(server, MPTCP.SUBFLOW_ADDRS), [{ local: remote, remote: local }]);
      assertFails(tryGetsockopt(fixture.tcp(), MPTCP.SUBFLOW_ADDRS), "OptionNotSupported");
    }),
    () => trySocket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP),
  ),
  lacking(
    observed(MPTCP.TCPINFO, "the state of the first path", (fixture) => {
      const { client, server } = connected(fixture, mptcp(fixture));
      const [info, ...others] = getsockopt(client, MPTCP.TCPINFO);
      assert.ok(info !== undefined && others.length === 0);
      assert.deepEqual([info.state, info.snd_mss > 0], [TCP_STATE.ESTABLISHED, true]);
      send(server, new Uint8Array(1000));
      recv(client, new Uint8Array(1000));
      assert.equal(getsockopt(client, MPTCP.TCPINFO)[0]?.bytes_received, 1000);
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
  ...(["aes-128-ccm", "aes-256-gcm", "aria-128-gcm", "sm4-gcm"] as const).map((cipher) =>
    observed(TLS.RX, `${cipher} decrypts what ${cipher} encrypts`, (fixture) => {
      const both = encrypted(fixture);
      if (both === undefined) return;
      const others = { ...keys, cipher, key: new Uint8Array(cipher === "aes-256-gcm" ? 32 : 16) };
      const set = trySetsockopt(both.client, TLS.TX, others);
      if (!set.ok) return fixture.skip(`this kernel lacks the cipher: ${set.error.message}`);
      setsockopt(both.server, TLS.RX, others);
      send(both.client, Buffer.from("secret"));
      const buffer = Buffer.alloc(16);
      assert.equal(buffer.toString("utf8", 0, recv(both.server, buffer)), "secret");
    }),
  ),
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
  for (const [cipher, key, start] of [
    ["aes-128-ccm", 16, "03033500"],
    ["sm4-gcm", 16, "03033700"],
    ["sm4-ccm", 16, "03033800"],
    ["aria-128-gcm", 16, "03033900"],
    ["aria-256-gcm", 32, "03033a00"],
  ] as const) {
    tlsCryptoInfo.encode({ ...keys, cipher, key: new Uint8Array(key).fill(2) }, value, linux);
    assert.equal(encoded(), `${start}${"01".repeat(8)}${"02".repeat(key)}${"03".repeat(4)}${"00".repeat(8)}`);
  }
  assert.throws(
    () => tlsCryptoInfo.encode({ ...keys, key: new Uint8Array(32) }, value, linux),
    /^RangeError: key/,
  );
});

test("MPTCP.TCPINFO reads the elements as long as the kernel has them", () => {
  const value = new ValueResult(new ArrayBuffer(1024));
  const older = 240;
  // { size_subflow_data, num_subflows, size_kernel, size_user }, then two struct tcp_info.
  for (const [index, field] of [16, 2, older, older].entries()) value.ints[index] = field;
  value.length = 16 + 2 * older;
  const mss = [1400, 1300];
  for (const [index, snd_mss] of mss.entries()) value.view.setUint32(16 + index * older + 16, snd_mss, true);
  const infos = mptcpTcpinfo.decode(value, linux);
  assert.deepEqual(
    infos.map(({ snd_mss, total_rto }) => [snd_mss, total_rto]),
    mss.map((snd_mss) => [snd_mss, undefined]),
  );
});
