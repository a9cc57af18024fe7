import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { firewallRow } from "../../test/firewall-row.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { except } from "../../test/platform.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { send, sendErrors, trySend } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";
import { socketpair } from "./socketpair.ts";

const POSIX = "POSIX send(3p)";
const LINUX = "send(2)";
const EINTR = errnoOf("EINTR");
const bytes = Buffer.from("hello");

conformance("send", [
  {
    clause: "sends the bytes to the peer, in order",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.equal(send(client, bytes), 5);
      assert.equal(send(client, Buffer.from(" world")), 6);
      const buffer = Buffer.alloc(11);
      assert.equal(recv(server, buffer, MSG.WAITALL), 11);
      assert.equal(buffer.toString(), "hello world");
    },
  },
  {
    clause: "a message keeps its bounds, and an empty one is a message",
    source: `${POSIX}, DESCRIPTION; udp(7)`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        for (const length of [3, 0, 5]) assert.equal(send(left, bytes.subarray(0, length)), length);
        const buffer = new Uint8Array(16);
        assert.deepEqual([recv(right, buffer), recv(right, buffer), recv(right, buffer)], [3, 0, 5]);
      }
    },
  },
  {
    clause: "successful sending does not mean delivery",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const client = fixture.udp();
      connect(client, deadUdpAddress(fixture));
      assert.equal(send(client, bytes), 5);
    },
  },
  {
    clause: "without room, a blocking socket waits for it, and a stream that does not block takes what fits",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const [left] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      const megabytes = new Uint8Array(8 << 20);
      const taken = send(left, megabytes);
      assert.ok(taken > 0 && taken < megabytes.byteLength);
      assertFails(trySend(left, bytes), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EAGAIN: the socket does not block, MSG_DONTWAIT is set, or SO_SNDTIMEO is over",
    source: `${POSIX}, ERRORS; ${LINUX}; socket(7), SO_SNDTIMEO`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      const [left] = fixture.pair();
      while (trySend(left, new Uint8Array(1 << 16), MSG.DONTWAIT).ok);
      assertFails(trySend(left, bytes, MSG.DONTWAIT), "WouldBlock", "EAGAIN");
      setsockopt(left, SO.SNDTIMEO, 1);
      assertFails(trySend(left, bytes), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EAGAIN: the connection is in progress, and the socket is non-blocking",
    source: "sk_stream_wait_connect in net/core/stream.c",
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(full)), "ConnectionPending");
      assertFails(trySend(client, bytes), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EPIPE: the socket is shut down for sending, or its peer is gone; no SIGPIPE ends the process",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Winsock says WSAESHUTDOWN, of both directions (recv and send, WSAESHUTDOWN)" },
    run(fixture) {
      const { client } = fixture.connection();
      shutdown(client, SHUT.WR);
      assertFails(trySend(client, bytes), "BrokenPipe", "EPIPE");
      const [left, right] = fixture.pair();
      close(right);
      assertFails(trySend(left, bytes), "BrokenPipe", "EPIPE");
      const udp = fixture.udp();
      connect(udp, deadUdpAddress(fixture));
      shutdown(udp, SHUT.WR);
      assertFails(trySend(udp, bytes), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "MSG_NOSIGNAL is always set: SIGPIPE would end a process that does not ignore it",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows has no MSG_MORE" },
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      send(client, bytes);
      send(client, bytes, MSG.MORE);
      const sends = system.calls.filter((call) => call.startsWith("send"));
      assert.deepEqual(sends, [`send(1000, ${MSG.NOSIGNAL})`, `send(1000, ${MSG.NOSIGNAL | MSG.MORE})`]);
    },
  },
  {
    clause: "ECONNRESET: the peer reset the connection; after that, EPIPE",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Winsock goes on saying WSAECONNRESET" },
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(trySend(client, bytes), "ConnectionResetByPeer", "ECONNRESET");
      assertFails(trySend(client, bytes), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "ECONNREFUSED: the unix datagram peer is closed; from then on there is none",
    source: "unix_dgram_sendmsg in net/unix/af_unix.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      close(right);
      assertFails(trySend(left, bytes), "ConnectionRefused", "ECONNREFUSED");
      assertFails(trySend(left, bytes), "DestinationAddressRequired", "ENOTCONN");
    },
  },
  {
    clause: "ECONNREFUSED: no socket is bound to the address of an earlier datagram",
    source: "udp(7), ERRORS",
    except: { wine: "Wine keeps the answer to itself; Windows says WSAECONNRESET (recvfrom, WSAECONNRESET)" },
    run(fixture) {
      const client = fixture.udp();
      connect(client, deadUdpAddress(fixture));
      send(client, bytes);
      assert.equal(poll([{ socket: client, events: POLL.IN }], 5000).length, 1);
      assertFails(trySend(client, bytes), "ConnectionRefused", "ECONNREFUSED");
      assert.equal(send(client, bytes), 5, "the error is told once");
    },
  },
  {
    clause: "EDESTADDRREQ, of a unix socket ENOTCONN: a datagram socket without a peer",
    source: `${POSIX}, ERRORS; unix_dgram_sendmsg in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      assertFails(trySend(fixture.udp(), bytes), "DestinationAddressRequired", "EDESTADDRREQ");
      const unix = fixture.socket(AF.UNIX, SOCK.DGRAM);
      assertFails(trySend(unix, bytes), "DestinationAddressRequired", "ENOTCONN");
    },
  },
  {
    clause: "ENOTCONN, of TCP EPIPE: a connection-mode socket that is not connected",
    source: `${POSIX}, ERRORS; sk_stream_wait_connect in net/core/stream.c`,
    except: { wine: "Wine says WSAECONNRESET; Windows WSAENOTCONN (send and sendto, WSAENOTCONN)" },
    run(fixture) {
      assertFails(trySend(fixture.tcp(), bytes), "SocketNotConnected", "EPIPE");
      assertFails(trySend(fixture.boundTcp(), bytes), "SocketNotConnected", "EPIPE");
      assertFails(trySend(fixture.listener(), bytes), "SocketNotConnected", "EPIPE");
      for (const type of [SOCK.STREAM, SOCK.SEQPACKET]) {
        const unix = fixture.socket(AF.UNIX, type);
        assertFails(trySend(unix, bytes), "SocketNotConnected", "ENOTCONN");
        bind(unix, fixture.abstractAddress());
        listen(unix, 1);
        assertFails(trySend(unix, bytes), "SocketNotConnected", "ENOTCONN");
      }
    },
  },
  {
    clause: "EMSGSIZE: the message is longer than the protocol's longest, or than SO_SNDBUF",
    source: `${POSIX}, ERRORS; udp_sendmsg in net/ipv4/udp.c; unix_dgram_sendmsg in net/unix/af_unix.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const peer = fixture.udp();
      bind(peer, loopback);
      const udp = fixture.udp();
      connect(udp, getsockname(peer));
      assertFails(trySend(udp, new Uint8Array(65508)), "MessageTooBig", "EMSGSIZE");
      assert.equal(send(udp, new Uint8Array(65507)), 65507);
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        assertFails(trySend(fixture.pair(type)[0], new Uint8Array(8 << 20)), "MessageTooBig", "EMSGSIZE");
      }
    },
  },
  {
    clause: "MSG_OOB: out-of-band data, which the peer receives with MSG_OOB",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.equal(send(client, Buffer.from("!"), MSG.OOB), 1);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      const buffer = Buffer.alloc(1);
      assert.equal(recv(server, buffer, MSG.OOB), 1);
      assert.equal(buffer.toString(), "!");
    },
  },
  {
    clause: "EOPNOTSUPP: the socket does not support a flag",
    source: `${POSIX}, ERRORS`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const udp = fixture.udp();
      connect(udp, deadUdpAddress(fixture));
      assertFails(trySend(udp, bytes, MSG.OOB), "OperationNotSupported", "EOPNOTSUPP");
      assertFails(
        trySend(fixture.pair(SOCK.DGRAM)[0], bytes, MSG.OOB),
        "OperationNotSupported",
        "EOPNOTSUPP",
      );
    },
  },
  {
    clause: "EINVAL: MSG_FASTOPEN without an address",
    source: "tcp_sendmsg_fastopen in net/ipv4/tcp.c",
    except: { windows: "Windows has no MSG_FASTOPEN" },
    run(fixture) {
      assertFails(trySend(fixture.tcp(), bytes, MSG.FASTOPEN), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "EISCONN: MSG_FASTOPEN on a listener",
    source: "tcp_sendmsg_fastopen in net/ipv4/tcp.c; __inet_stream_connect in net/ipv4/af_inet.c",
    except: { windows: "Windows has no MSG_FASTOPEN" },
    run(fixture) {
      assertFails(trySend(fixture.listener(), bytes, MSG.FASTOPEN), "AlreadyConnected", "EISCONN");
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back, or never open",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const { client } = fixture.connection();
      closeDescriptor(client.fd);
      assertFails(trySend(client, bytes), "BadFileDescriptor", "EBADF");
      client.detach();
    },
  },
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS`,
    run() {
      const file = openSync("/dev/null", "w");
      assertFails(trySend(file, bytes), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "a closed Socket never touches its descriptor, though the number is in use again",
    source: "berkeley",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const [left] = socketpair(AF.UNIX, SOCK.STREAM).map((end) => fixture.own(end));
      assert.ok(left !== undefined);
      const { fd } = left;
      close(left);
      const [reused, peer] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      assert.equal(reused.fd, fd, "the kernel gives the lowest free number");
      assertFails(trySend(left, bytes), "SocketClosed", "EBADF");
      assertFails(tryRecv(peer, new Uint8Array(8)), "WouldBlock");
    },
  },
  firewallRow(
    "EPERM: a firewall rule drops or rejects the message",
    "send(2), ERRORS; nf_hook_slow in net/netfilter/core.c: NF_DROP",
  ),
  {
    clause: "a network without routes, errors from routers, interfaces that are down, no port left",
    source: `${POSIX}, ERRORS; icmp_err_convert in net/ipv4/icmp.c; ip-route(8)`,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./send-network.child.js", import.meta.url), { ip: true }),
  },
  {
    clause:
      "MSG_ZEROCOPY is rejected before any system call: the kernel would read the memory after the call",
    source: "berkeley; Documentation/networking/msg_zerocopy.rst",
    except: { windows: "Windows has no MSG_ZEROCOPY" },
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.throws(() => send(client, bytes, MSG.ZEROCOPY), RangeError);
      assert.throws(() => send(client, bytes, MSG.ZEROCOPY | MSG.DONTWAIT), RangeError);
      assert.ok(!system.calls.some((call) => call.startsWith("send")));
    },
  },
  {
    clause: "flags that are not a C int are rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      // @ts-expect-error flags are a number
      assert.throws(() => send(client, bytes, "0"), TypeError);
      for (const flags of [0.5, Number.NaN, 2 ** 31])
        assert.throws(() => send(client, bytes, flags), RangeError);
      assert.ok(!system.calls.some((call) => call.startsWith("send")));
    },
  },
  {
    clause: "EINTR never reaches the caller: send is retried",
    source: `${POSIX}, ERRORS; signal(7)`,
    script: { send: [-EINTR, -EINTR, 5] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.equal(send(client, bytes), 5);
      assert.equal(system.calls.filter((call) => call.startsWith("send")).length, 3);
    },
  },
  {
    clause: "returns the number of bytes, and as trySend a Result of it",
    source: `${POSIX}, RETURN VALUE`,
    except: { wine: "Wine says WSAECONNRESET; Windows WSAENOTCONN (send and sendto, WSAENOTCONN)" },
    run(fixture) {
      const [left] = fixture.pair();
      assert.equal(assertOk(trySend(left, bytes)), 5);
      assert.equal(assertOk(trySend(left, new Uint8Array(0))), 0);
      assert.throws(() => send(fixture.tcp(), bytes), { name: "SocketNotConnected", syscall: "send" });
    },
  },
  ...winsockRows("send", (socket) => trySend(socket, new Uint8Array(1))),
  ...documentedErrors(sendErrors, (system) => {
    using client = socket(AF.INET, SOCK.STREAM, 0, { system });
    return trySend(client, bytes);
  }),
]);

/** An address of 127.0.0.1 whose socket has been closed. */
function deadUdpAddress(fixture: Fixture): ReturnType<typeof getsockname> {
  const peer: Socket = fixture.udp();
  bind(peer, loopback);
  const address = getsockname(peer);
  close(peer);
  return address;
}

test(
  "send takes a descriptor's number, and leaves it open",
  except({ windows: "Windows' unix sockets are streams with a path, and no pairs" }),
  () => {
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
    assert.equal(send(left.fd, bytes), 5);
    assert.equal(recv(right.fd, new Uint8Array(8)), 5);
    close(left);
    close(right);
  },
);
