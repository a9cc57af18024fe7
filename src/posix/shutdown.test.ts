import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoHere } from "../../test/conformance.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { accept, tryAccept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { listen } from "./listen.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { send, trySend } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { isShutdownError, shutdown, shutdownErrors, tryShutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX shutdown(3p)";
const byte = Buffer.from("x");
const buffer = new Uint8Array(8);

conformance("shutdown", [
  {
    clause: "SHUT_WR ends sending: the peer reads the data in flight, then the end; receiving continues",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const { client, server } = fixture.connection();
      for (const [near, far] of [[client, server], fixture.pair(), fixture.pair(SOCK.SEQPACKET)] as const) {
        send(near, byte);
        shutdown(near, SHUT.WR);
        assertFails(trySend(near, byte), "BrokenPipe", "EPIPE");
        assert.equal(recv(far, buffer), 1);
        assert.equal(recv(far, buffer), 0);
        send(far, byte);
        assert.equal(recv(near, buffer), 1);
      }
    },
  },
  {
    clause: "SHUT_RD ends receiving; sending continues",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Winsock says WSAESHUTDOWN, of both directions (recv and send, WSAESHUTDOWN)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      for (const [near, far] of [[client, server], fixture.pair()] as const) {
        shutdown(near, SHUT.RD);
        assert.equal(recv(near, buffer), 0);
        send(near, byte);
        assert.equal(recv(far, buffer), 1);
      }
    },
  },
  {
    clause:
      "SHUT_RD: TCP on Linux still receives arriving data, then reports the end " +
      "again; a unix peer gets EPIPE",
    source: "shutdown(2); tcp_recvmsg_locked in net/ipv4/tcp.c, unix_stream_sendmsg in net/unix/af_unix.c",
    except: { windows: "Winsock says WSAESHUTDOWN, of both directions (recv and send, WSAESHUTDOWN)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      shutdown(client, SHUT.RD);
      send(server, byte);
      poll([{ socket: client, events: POLL.RDNORM }], 5000);
      assert.equal(recv(client, buffer, MSG.WAITALL), 1);
      assert.equal(recv(client, buffer), 0);
      const [left, right] = fixture.pair();
      shutdown(left, SHUT.RD);
      assertFails(trySend(right, byte), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "SHUT_RDWR ends both",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Winsock says WSAESHUTDOWN, of both directions (recv and send, WSAESHUTDOWN)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      for (const [near, far] of [[client, server], fixture.pair()] as const) {
        shutdown(near, SHUT.RDWR);
        assert.equal(recv(near, buffer), 0);
        assertFails(trySend(near, byte), "BrokenPipe", "EPIPE");
        assert.equal(recv(far, buffer), 0);
      }
    },
  },
  {
    clause: "it affects every process that shares the socket",
    source: `${POSIX}, DESCRIPTION; RATIONALE`,
    except: { windows: "a SOCKET is no descriptor of C's, which node:fs and spawn() take" },
    async run(fixture) {
      const [left, right] = fixture.pair();
      // A program that waits for data on its standard input, which is the other end of the pair.
      const reader = spawn("cat", { stdio: [right.fd, "ignore", "inherit"] });
      const ended = once(reader, "close");
      shutdown(right, SHUT.RD);
      const [status] = await ended;
      assert.equal(status, 0);
      assertFails(trySend(left, byte), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "it wakes a blocked poll",
    source: "tcp_shutdown in net/ipv4/tcp.c; poll(2), POLLRDHUP and POLLHUP",
    except: { windows: "Windows has no POLL_RDHUP" },
    run(fixture) {
      const { client, server } = fixture.connection();
      const events = POLL.IN | POLL.RDHUP;
      assert.deepEqual(poll([{ socket: server, events }], 0), []);
      shutdown(client, SHUT.WR);
      const [ready] = poll([{ socket: server, events }], 5000);
      assert.equal(ready?.revents, POLL.IN | POLL.RDHUP);
      shutdown(server, SHUT.WR);
      const [hungUp] = poll([{ socket: server, events: 0 }], 5000);
      assert.equal(hungUp?.revents, POLL.HUP);
    },
  },
  {
    clause: "the socket stays open, and its descriptor is not reused",
    source: `${POSIX}, RATIONALE`,
    run(fixture) {
      const { client } = fixture.connection();
      const { fd } = client;
      shutdown(client, SHUT.RDWR);
      assert.deepEqual([client.closed, client.fd], [false, fd]);
      assert.notEqual(fixture.tcp().fd, fd);
    },
  },
  {
    clause: "a direction may be shut down again",
    source: "berkeley; inet_shutdown in net/ipv4/af_inet.c",
    run(fixture) {
      const { client } = fixture.connection();
      for (const how of [SHUT.WR, SHUT.WR, SHUT.RD, SHUT.RDWR]) assertOk(tryShutdown(client, how));
    },
  },
  {
    clause: "a connected datagram socket: sending fails, or receiving gives 0",
    source: `${POSIX}, DESCRIPTION; udp_recvmsg in net/ipv4/udp.c`,
    except: { windows: "Winsock says WSAESHUTDOWN, of both directions (recv and send, WSAESHUTDOWN)" },
    run(fixture) {
      const peer = fixture.udp();
      bind(peer, { family: "ipv4", address: "127.0.0.1", port: 0 });
      const made = fixture.udp();
      connect(made, getsockname(peer));
      shutdown(made, SHUT.RDWR);
      assert.equal(recv(made, buffer), 0);
      assertFails(trySend(made, byte), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "SHUT_RD of a TCP listener ends listening, and frees its port; SHUT_WR does nothing",
    source: "inet_shutdown in net/ipv4/af_inet.c",
    except: { windows: "a listener cannot be shut down: WSAENOTCONN (shutdown)" },
    run(fixture) {
      const server = fixture.listener();
      shutdown(server, SHUT.WR);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
      connect(fixture.tcp(), getsockname(server));
      fixture.own(accept(server).socket);
      shutdown(server, SHUT.RD);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), false);
      assertFails(tryConnect(fixture.tcp(), getsockname(server)), "ConnectionRefused", "ECONNREFUSED");
      assertFails(tryAccept(server), "SocketNotListening", "EINVAL");
    },
  },
  {
    clause:
      "SHUT_RD of a unix listener refuses from then on; those that wait are accepted still, then EINVAL",
    source: "unix_shutdown and unix_accept in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      const address = fixture.abstractAddress();
      bind(server, address);
      listen(server, 4);
      connect(fixture.socket(AF.UNIX, SOCK.STREAM), address);
      shutdown(server, SHUT.RD);
      assertFails(tryConnect(fixture.socket(AF.UNIX, SOCK.STREAM), address), "ConnectionRefused");
      fixture.own(accept(server).socket);
      assertFails(tryAccept(server), "SocketNotListening", "EINVAL");
    },
  },
  {
    clause: "ENOTCONN: the socket is not connected",
    source: `${POSIX}, ERRORS; shutdown(2)`,
    except: {
      wine: "Wine shuts down a datagram socket that is not connected; Windows says WSAENOTCONN (shutdown)",
    },
    run(fixture) {
      for (const made of [
        fixture.tcp(),
        fixture.boundTcp(),
        fixture.udp(),
        fixture.socket(AF.INET6, SOCK.STREAM),
      ]) {
        const error = assertFails(tryShutdown(made, SHUT.RDWR), "SocketNotConnected", "ENOTCONN");
        assert.equal(error.errno, -errnoHere("ENOTCONN"));
      }
    },
  },
  {
    clause: "ENOTCONN: an unconnected TCP socket is shut down anyway, for good",
    source: "inet_shutdown in net/ipv4/af_inet.c",
    except: { windows: "shut down in vain, it is as it was" },
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp();
      assertFails(tryShutdown(client, SHUT.WR), "SocketNotConnected", "ENOTCONN");
      connect(client, getsockname(server));
      assertFails(trySend(client, byte), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "a unix socket that is not connected may be shut down",
    source: "unix_shutdown in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        assertOk(tryShutdown(fixture.socket(AF.UNIX, type), SHUT.RDWR));
      }
    },
  },
  {
    clause: "EINVAL: how is none of the three",
    source: `${POSIX}, ERRORS; shutdown(2)`,
    run(fixture) {
      const { client } = fixture.connection();
      for (const made of [client, fixture.tcp(), fixture.udp(), ...fixture.pair()]) {
        for (const how of [-1, 3, 4, 0x7fffffff, -0x80000000]) {
          assertFails(tryShutdown(made, how), "InvalidArgument", "EINVAL");
        }
      }
      send(client, byte);
    },
  },
  {
    clause: "EOPNOTSUPP: the protocol does not have the call",
    source: "sock_no_shutdown in net/core/sock.c, netlink_ops in net/netlink/af_netlink.c",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const made = fixture.socket(AF.NETLINK, SOCK.RAW);
      assertFails(tryShutdown(made, SHUT.RD), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  closedBehindOurBack(`${POSIX}, ERRORS; shutdown(2)`, (socket) => tryShutdown(socket, SHUT.RD)),
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS; shutdown(2)`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryShutdown(file, SHUT.RD), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "a reset connection is not connected any more",
    source: `${POSIX}, ERRORS`,
    except: {
      wine:
        "Wine shuts down a connection that was reset; Windows says " +
        "WSAECONNRESET or WSAENOTCONN (shutdown)",
    },
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryShutdown(client, SHUT.WR), "SocketNotConnected", "ENOTCONN");
      assertFails(tryRecv(client, buffer), "ConnectionResetByPeer");
    },
  },
  closedSocket((socket) => tryShutdown(socket, SHUT.RD)),
  {
    clause: "a how that is not a C int is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using made = socket(AF.INET, SOCK.STREAM, 0, { system });
      for (const how of [0.5, Number.NaN, 2 ** 31]) assert.throws(() => shutdown(made, how), RangeError);
      for (const how of ["1", null, undefined, 1n, {}]) {
        // @ts-expect-error how is a number
        assert.throws(() => shutdown(made, how), TypeError);
      }
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("shutdown")),
        [],
      );
    },
  },
  ...winsockRows("shutdown", (socket) => tryShutdown(socket, SHUT.WR)),
  ...documentedErrors(shutdownErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryShutdown(made, SHUT.RD);
  }),
]);

test("shutdown throws what tryShutdown returns, with the caller's stack", () => {
  using made = socket(AF.INET, SOCK.STREAM);
  assert.throws(
    () => {
      shutdown(made, SHUT.RD);
    },
    (error: unknown) => {
      assert.ok(isShutdownError(error));
      assert.equal(error.name, "SocketNotConnected");
      assert.match(error.stack?.split("\n")[1] ?? "", /shutdown\.test\./);
      return true;
    },
  );
});
