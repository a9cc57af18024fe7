import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import {
  assertFails,
  assertOk,
  conformance,
  documentedErrors,
  errnoHere,
  errnoOf,
} from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
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
import { poll } from "./poll.ts";
import { recv, recvErrors, tryRecv } from "./recv.ts";
import { send } from "./send.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";
import { socketpair } from "./socketpair.ts";

const POSIX = "POSIX recv(3p)";
const LINUX = "recv(2)";
const EINTR = errnoOf("EINTR");
const scratch = () => Buffer.alloc(16);

conformance("recv", [
  {
    clause: "gives the bytes of a stream as they come, without bounds",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const [left, right] = fixture.pair();
      send(left, Buffer.from("hello "));
      send(left, Buffer.from("world"));
      const buffer = scratch();
      assert.equal(recv(right, buffer.subarray(0, 4)), 4);
      assert.equal(recv(right, buffer.subarray(4)), 7);
      assert.equal(buffer.toString("latin1", 0, 11), "hello world");
    },
  },
  {
    clause: "of a message that is longer than the buffer, the excess is discarded",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        send(left, Buffer.from("hello"));
        send(left, Buffer.from("next"));
        const buffer = scratch();
        assert.equal(recv(right, buffer.subarray(0, 2)), 2);
        assert.equal(recv(right, buffer), 4);
        assert.equal(buffer.toString("latin1", 0, 4), "next");
      }
    },
  },
  {
    clause:
      "MSG_TRUNC: the real length of the message, though the buffer was shorter; nothing is written past it",
    source: `${LINUX}, MSG_TRUNC`,
    except: { windows: "MSG_TRUNC is no flag to give to Winsock: nothing tells the real length" },
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      sendto(fixture.udp(), Buffer.from("hello"), 0, getsockname(receiver));
      const buffer = scratch();
      assert.equal(recv(receiver, buffer.subarray(0, 2), MSG.TRUNC), 5);
      assert.equal(buffer.toString("latin1"), `he${"\0".repeat(14)}`);
    },
  },
  {
    clause: "MSG_TRUNC on TCP discards the bytes, and writes nothing",
    source: "tcp(7)",
    except: { windows: "MSG_TRUNC is no flag to give to Winsock: nothing tells the real length" },
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("hello"));
      const buffer = scratch();
      assert.equal(recv(server, buffer, MSG.TRUNC), 5);
      assert.deepEqual(buffer, scratch());
    },
  },
  {
    clause: "MSG_PEEK: the data is treated as unread, and the next call gives it again",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
        const [left, right] = fixture.pair(type);
        send(left, Buffer.from("hello"));
        for (const flags of [MSG.PEEK, MSG.PEEK, 0]) {
          const buffer = scratch();
          assert.equal(recv(right, buffer, flags), 5);
          assert.equal(buffer.toString("latin1", 0, 5), "hello");
        }
        assertFails(tryRecv(right, scratch(), MSG.DONTWAIT), "WouldBlock");
      }
    },
  },
  {
    clause: "MSG_WAITALL: blocks until the whole buffer is full, or the peer has ended",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      for (const part of ["01234567", "89abcdef", "end"]) send(client, Buffer.from(part));
      shutdown(client, SHUT.WR);
      const buffer = scratch();
      assert.equal(recv(server, buffer, MSG.WAITALL), 16);
      assert.equal(buffer.toString("latin1"), "0123456789abcdef");
      assert.equal(recv(server, buffer, MSG.WAITALL), 3);
    },
  },
  {
    clause: "MSG_WAITALL: a time-out gives what came",
    source: "socket(7), SO_RCVTIMEO",
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("some"));
      setsockopt(server, SO.RCVTIMEO, 1);
      poll([{ socket: server, events: POLL.IN }], 5000);
      assert.equal(recv(server, scratch(), MSG.WAITALL), 4);
    },
  },
  {
    clause: "MSG_OOB: the byte of out-of-band data",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("in"));
      send(client, Buffer.from("!"), MSG.OOB);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      const buffer = scratch();
      assert.equal(recv(server, buffer, MSG.OOB), 1);
      assert.equal(buffer.toString("latin1", 0, 1), "!");
      assert.equal(recv(server, buffer), 2);
    },
  },
  {
    clause: "EINVAL: MSG_OOB, and no out-of-band data waits, or it is in line",
    source: `${POSIX}, ERRORS; tcp_recv_urg in net/ipv4/tcp.c`,
    except: { wine: "Wine waits for it; Windows says WSAEINVAL (recv, WSAEINVAL)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      assertFails(tryRecv(server, scratch(), MSG.OOB), "InvalidArgument", "EINVAL");
      setsockopt(server, SO.OOBINLINE, true);
      send(client, Buffer.from("!"), MSG.OOB);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      assertFails(tryRecv(server, scratch(), MSG.OOB), "InvalidArgument", "EINVAL");
      assertFails(tryRecv(fixture.pair()[0], scratch(), MSG.OOB), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "EOPNOTSUPP: the socket does not support a flag",
    source: `${POSIX}, ERRORS`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left] = fixture.pair(SOCK.DGRAM);
      assertFails(tryRecv(left, scratch(), MSG.OOB), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "0: the peer has ended the stream, or we have ended receiving; again and again",
    source: `${POSIX}, RETURN VALUE`,
    except: { windows: "Winsock says WSAESHUTDOWN of a direction that we ended (recv, WSAESHUTDOWN)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("last"));
      shutdown(client, SHUT.WR);
      assert.deepEqual(
        [recv(server, scratch()), recv(server, scratch()), recv(server, scratch())],
        [4, 0, 0],
      );
      shutdown(client, SHUT.RD);
      assert.equal(recv(client, scratch()), 0);
      const [left] = fixture.pair(SOCK.DGRAM);
      shutdown(left, SHUT.RD);
      assert.equal(recv(left, scratch()), 0);
    },
  },
  {
    clause: "0: an empty message; and of a stream, room for no bytes",
    source: `${LINUX}, RETURN VALUE`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      send(left, new Uint8Array(0));
      assert.equal(recv(right, scratch()), 0);
      const { client, server } = fixture.connection();
      send(client, Buffer.from("x"));
      assert.equal(recv(server, new Uint8Array(0)), 0);
      assert.equal(recv(server, scratch()), 1);
    },
  },
  {
    clause:
      "EAGAIN: no data waits, and the socket does not block, MSG_DONTWAIT is set, or SO_RCVTIMEO is over",
    source: `${POSIX}, ERRORS; ${LINUX}; socket(7), SO_RCVTIMEO`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      const [quiet] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      assertFails(tryRecv(quiet, scratch()), "WouldBlock", "EAGAIN");
      const { server } = fixture.connection();
      assertFails(tryRecv(server, scratch(), MSG.DONTWAIT), "WouldBlock", "EAGAIN");
      setsockopt(server, SO.RCVTIMEO, 1);
      assertFails(tryRecv(server, scratch()), "WouldBlock", "EAGAIN");
      const error = assertFails(
        tryRecv(fixture.udp({ nonblocking: true }), scratch()),
        "WouldBlock",
        "EAGAIN",
      );
      assert.equal(error.errno, -errnoHere("EAGAIN"));
    },
  },
  {
    clause: "EAGAIN: the connection is in progress, or the error queue (MSG_ERRQUEUE) is empty",
    source: "tcp_recvmsg_locked in net/ipv4/tcp.c; inet_recv_error in net/ipv4/af_inet.c",
    except: { windows: "Windows has no MSG_ERRQUEUE" },
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(full)), "ConnectionPending");
      assertFails(tryRecv(client, scratch()), "WouldBlock", "EAGAIN");
      assertFails(tryRecv(fixture.udp(), scratch(), MSG.ERRQUEUE), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "ECONNRESET: the peer reset the connection; after that, the end",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      assertFails(tryRecv(client, scratch()), "ConnectionResetByPeer", "ECONNRESET");
      assert.equal(recv(client, scratch()), 0);
      const [left, right] = fixture.pair();
      send(left, Buffer.from("never read"));
      close(right);
      assertFails(tryRecv(left, scratch()), "ConnectionResetByPeer", "ECONNRESET");
      assert.equal(recv(left, scratch()), 0);
    },
  },
  {
    clause: "ECONNREFUSED: no socket is bound to the address of an earlier datagram",
    source: `${LINUX}, ERRORS; udp(7)`,
    except: {
      wine:
        "Wine does not report a host's response to a datagram; Windows reports " +
        "WSAECONNRESET (recvfrom, WSAECONNRESET)",
    },
    run(fixture) {
      const gone = fixture.udp();
      bind(gone, loopback);
      const client = fixture.udp();
      connect(client, getsockname(gone));
      close(gone);
      send(client, Buffer.from("x"));
      assertFails(tryRecv(client, scratch()), "ConnectionRefused", "ECONNREFUSED");
      assertFails(tryRecv(client, scratch(), MSG.DONTWAIT), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "ECONNREFUSED: a nonblocking connect that failed",
    source: "tcp_recvmsg_locked in net/ipv4/tcp.c",
    except: { windows: "Winsock says WSAENOTCONN; SO_ERROR tells why (recv, WSAENOTCONN)" },
    run(fixture) {
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(fixture.boundTcp())), "ConnectionPending");
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryRecv(client, scratch()), "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "ENOTCONN, of a unix stream EINVAL: a connection-mode socket that is not connected",
    source: `${POSIX}, ERRORS; unix_stream_read_generic in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const lonely of [fixture.tcp(), fixture.boundTcp(), fixture.listener()]) {
        assertFails(tryRecv(lonely, scratch()), "SocketNotConnected", "ENOTCONN");
      }
      const stream = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(tryRecv(stream, scratch()), "SocketNotConnected", "EINVAL");
      bind(stream, fixture.abstractAddress());
      listen(stream, 1);
      assertFails(tryRecv(stream, scratch()), "SocketNotConnected", "EINVAL");
      assertFails(
        tryRecv(fixture.socket(AF.UNIX, SOCK.SEQPACKET), scratch()),
        "SocketNotConnected",
        "ENOTCONN",
      );
    },
  },
  {
    clause: "EBADF and ENOTSOCK: the descriptor is not open, or no socket",
    source: `${POSIX}, ERRORS`,
    except: {
      windows: "a handle that is closed is WSAENOTSOCK to Windows, and a descriptor of C's is no handle",
    },
    run(fixture) {
      const { client } = fixture.connection();
      closeDescriptor(client.fd);
      assertFails(tryRecv(client, scratch()), "BadFileDescriptor", "EBADF");
      client.detach();
      const file = openSync("/dev/null", "r");
      assertFails(tryRecv(file, scratch()), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "a closed Socket never touches its descriptor, though the number is in use again",
    source: "berkeley",
    except: { windows: "its socketpair() takes the number for a listener first" },
    run(fixture) {
      const closed = fixture.tcp();
      const { fd } = closed;
      close(closed);
      const [left, right] = fixture.pair();
      assert.equal(left.fd, fd, "the kernel gives the lowest free number");
      send(right, Buffer.from("hello"));
      assertFails(tryRecv(closed, scratch()), "SocketClosed", "EBADF");
      assert.equal(recv(left, scratch()), 5);
    },
  },
  {
    clause: "errors from routers, a peer that has gone, an interface that goes down",
    source: `${POSIX}, ERRORS; icmp_err_convert in net/ipv4/icmp.c; packet_notifier in net/packet/af_packet.c`,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./recv-network.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "flags that are not a C int are rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      // @ts-expect-error flags are a number
      assert.throws(() => recv(client, scratch(), "0"), TypeError);
      for (const flags of [0.5, Number.NaN, 2 ** 31])
        assert.throws(() => recv(client, scratch(), flags), RangeError);
      assert.ok(!system.calls.some((call) => call.startsWith("recv")));
    },
  },
  {
    clause: "EINTR never reaches the caller: recv is retried",
    source: `${POSIX}, ERRORS; signal(7)`,
    script: { recv: [-EINTR, -EINTR, 5] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.equal(recv(client, scratch()), 5);
      assert.equal(system.calls.filter((call) => call.startsWith("recv")).length, 3);
      assert.ok(!system.calls.some((call) => call.startsWith("poll")), "no time-out, no poll");
    },
  },
  {
    clause: "returns the number of bytes, and as tryRecv a Result of it",
    source: `${POSIX}, RETURN VALUE`,
    run(fixture) {
      const [left, right] = fixture.pair();
      send(left, Buffer.from("hello"));
      assert.equal(assertOk(tryRecv(right, scratch())), 5);
      assert.throws(() => recv(fixture.tcp(), scratch()), { name: "SocketNotConnected", syscall: "recv" });
    },
  },
  ...winsockRows("recv", (socket) => tryRecv(socket, new Uint8Array(1))),
  ...documentedErrors(recvErrors, (system) => {
    using client = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryRecv(client, scratch());
  }),
]);

test(
  "recv takes a descriptor's number, and leaves it open",
  except({ windows: "Windows' unix sockets are streams with a path, and no pairs" }),
  () => {
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
    send(left, Buffer.from("hello"));
    assert.equal(recv(right.fd, scratch()), 5);
    close(left);
    close(right);
  },
);
