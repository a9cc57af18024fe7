import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { closedSocket } from "../../test/closed-rows.ts";
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
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { injecting, runProgram } from "../../test/program.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { accept, tryAccept } from "./accept.ts";
import { acceptQueue, effectiveBacklog } from "./accept-queue.ts";
import { bind, tryBind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, POLL, SHUT, SOCK, SOMAXCONN } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { isListenError, listen, listenErrors, tryListen } from "./listen.ts";
import { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const somaxconn = () => Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
const POSIX = "POSIX listen(3p)";

const program = (name: string) => new URL(`./${name}.child.js`, import.meta.url);

/** Rows in which Windows differs. */
const others = "it is about Windows";
const onlyWindows = { darwin: others, freebsd: others, linux: others };

conformance("listen", [
  {
    clause: "marks a connection-mode socket as accepting connections",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const server = fixture.boundTcp();
      assert.equal(getsockopt(server, SO.ACCEPTCONN), false);
      listen(server, 5);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
      const client = fixture.tcp();
      connect(client, getsockname(server));
      fixture.own(accept(server).socket);
    },
  },
  {
    clause: "backlog limits the queue: it holds one more than the backlog, and the next connect waits",
    source: `${POSIX}, DESCRIPTION; sk_acceptq_is_full in include/net/sock.h`,
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.listener(2);
      const clients = [1, 2, 3, 4].map(() => fixture.tcp({ nonblocking: true }));
      for (const client of clients) assertFails(tryConnect(client, getsockname(server)), "ConnectionPending");
      const requests = clients.map((client) => ({ socket: client, events: POLL.OUT }));
      assert.equal(poll(requests.slice(0, 3), 5000).length, 3);
      assert.deepEqual(acceptQueue(server), { pending: 3, limit: 2 });
      assert.deepEqual(poll(requests.slice(3), 0), [], "the fourth is still in SYN_SENT");
    },
  },
  {
    clause: "a larger backlog is silently reduced to the limit: net.core.somaxconn",
    source: `${POSIX}, DESCRIPTION; __sys_listen in net/socket.c`,
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.boundTcp();
      listen(server, somaxconn() + 1);
      assert.equal(effectiveBacklog(server), somaxconn());
    },
  },
  {
    clause: "a larger backlog gives a larger or equal queue",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const server = fixture.boundTcp();
      const limits = [0, 1, 7, 128, 511, SOMAXCONN].map((backlog) => {
        listen(server, backlog);
        return effectiveBacklog(server) ?? -1;
      });
      assert.deepEqual(
        limits,
        limits.toSorted((a, b) => a - b),
      );
    },
  },
  {
    clause: "backlogs up to SOMAXCONN are supported",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.listener(SOMAXCONN);
      assert.equal(effectiveBacklog(server), Math.min(SOMAXCONN, somaxconn()));
    },
  },
  {
    clause: "incomplete connections are not in the queue: only established ones are pending",
    source: `${POSIX}, DESCRIPTION; listen(2), NOTES`,
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.listener(0);
      connect(fixture.tcp(), getsockname(server));
      const incomplete = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(incomplete, getsockname(server)), "ConnectionPending");
      assert.deepEqual(acceptQueue(server), { pending: 1, limit: 0 });
    },
  },
  {
    clause: "a negative backlog acts as 0",
    source: `${POSIX}, DESCRIPTION; Linux compares it unsigned`,
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.boundTcp();
      for (const backlog of [-1, -0x80000000, -(2 ** 53), Number.NEGATIVE_INFINITY]) {
        listen(server, 7);
        listen(server, backlog);
        assert.equal(effectiveBacklog(server), 0, `${backlog}`);
      }
    },
  },
  {
    clause: "a backlog of 0 may allow connections: on Linux, one",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.listener(0);
      connect(fixture.tcp(), getsockname(server));
      assert.deepEqual(acceptQueue(server), { pending: 1, limit: 0 });
      fixture.own(accept(server).socket);
    },
  },
  {
    clause: "a backlog past 2147483647 acts as 2147483647",
    source: "Zig's u31; a C int",
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.boundTcp();
      for (const backlog of [0x7fffffff, 0x80000000, 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY]) {
        listen(server, 0);
        listen(server, backlog);
        assert.equal(effectiveBacklog(server), somaxconn(), `${backlog}`);
      }
    },
  },
  {
    clause: "the backlog reaches the system clamped, and as an int",
    source: "Zig's u31",
    script: {},
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      for (const backlog of [-5, -0, 3, 2 ** 40]) listen(server, backlog);
      const listens = system.calls.filter((call) => call.startsWith("listen"));
      assert.deepEqual(listens, [
        "listen(1000, 0)",
        "listen(1000, 0)",
        "listen(1000, 3)",
        "listen(1000, 2147483647)",
      ]);
    },
  },
  {
    clause: "a backlog that is not an integer is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      for (const backlog of [Number.NaN, 0.5, -1.5, 5e-324]) {
        assert.throws(() => listen(server, backlog), RangeError, `${backlog}`);
      }
      for (const backlog of ["5", 5n, null, undefined, true, {}, [5]]) {
        // @ts-expect-error the backlog is required
        assert.throws(() => listen(server, backlog), TypeError);
      }
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("listen")),
        [],
      );
    },
  },
  {
    clause: "a second listen changes the backlog",
    source: "berkeley; inet_listen in net/ipv4/af_inet.c, unix_listen in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const tcp = fixture.listener(5);
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(unix, fixture.abstractAddress());
      listen(unix, 5);
      for (const server of [tcp, unix]) {
        assert.equal(effectiveBacklog(server), 5);
        listen(server, 9);
        assert.equal(effectiveBacklog(server), 9);
        listen(server, 1);
        assert.equal(effectiveBacklog(server), 1);
      }
    },
  },
  {
    clause: "EADDRINUSE: another socket is already listening on the same port",
    source: "Zig AddressInUse; listen(2)",
    run(fixture) {
      const [first, second] = [fixture.tcp(), fixture.tcp()];
      setsockopt(first, SO.REUSEADDR, true);
      setsockopt(second, SO.REUSEADDR, true);
      bind(first, loopback);
      bind(second, getsockname(first));
      listen(first, 1);
      const error = assertFails(tryListen(second, 1), "AddressInUse", "EADDRINUSE");
      const address = getsockname(first);
      assert.ok(address.family === "ipv4");
      assert.deepEqual([error.address, error.port], [address.address, address.port]);
      assert.match(
        error.message,
        new RegExp(`^listen EADDRINUSE 127\\.0\\.0\\.1:${address.port}: Another socket is already listening`),
      );
    },
  },
  {
    clause: "EADDRINUSE: the socket is not bound, and all ephemeral ports are in use",
    source: "Zig AddressInUse; listen(2)",
    run: (fixture) => inNetworkNamespace(fixture, new URL("./listen-last-port.child.js", import.meta.url)),
  },
  {
    clause: "an unbound TCP socket is bound to an ephemeral port",
    source: `Zig AddressInUse; inet_csk_listen_start in net/ipv4/inet_connection_sock.c`,
    except: {
      windows: "an unbound socket is refused: WSAEINVAL (listen, recvfrom and getsockname, WSAEINVAL)",
    },
    run(fixture) {
      for (const domain of [AF.INET, AF.INET6]) {
        const server = fixture.socket(domain, SOCK.STREAM);
        listen(server, 1);
        const address = getsockname(server);
        assert.ok("port" in address && address.port > 0);
      }
    },
  },
  {
    clause: "EDESTADDRREQ, on Linux EINVAL: an unbound unix socket",
    source: `${POSIX}, ERRORS; Zig SocketNotBound; unix_listen in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.SEQPACKET]) {
        const server = fixture.socket(AF.UNIX, type);
        assertFails(tryListen(server, 1), "SocketNotBound", "EINVAL");
        bind(server, fixture.abstractAddress());
        listen(server, 1);
      }
    },
  },
  {
    clause: "EINVAL: the socket is already connected",
    source: `${POSIX}, ERRORS; Zig AlreadyConnected`,
    run(fixture) {
      const { client, server } = fixture.connection();
      const error = assertFails(tryListen(client, 1), "AlreadyConnected", "EINVAL");
      assert.equal(error.errno, -errnoHere("EINVAL"));
      assertFails(tryListen(server, 1), "AlreadyConnected", "EINVAL");
    },
  },
  {
    clause: "EINVAL: the socket's peer has shut down; it is connected still",
    source: `${POSIX}, ERRORS; Zig AlreadyConnected`,
    run(fixture) {
      const { client, server } = fixture.connection();
      shutdown(server, SHUT.WR);
      assert.equal(recv(client, new Uint8Array(1)), 0);
      assertFails(tryListen(client, 1), "AlreadyConnected", "EINVAL");
    },
  },
  {
    clause: "EINVAL: a socketpair's end is connected, though it is not bound",
    source: `${POSIX}, ERRORS; unix_listen in net/unix/af_unix.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.SEQPACKET]) {
        const [left] = fixture.pair(type);
        assertFails(tryListen(left, 1), "AlreadyConnected", "EINVAL");
      }
    },
  },
  {
    clause: "EINVAL: the socket is connecting (SYN_SENT)",
    source: `${POSIX}, ERRORS; inet_listen in net/ipv4/af_inet.c`,
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const connecting = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(connecting, getsockname(full)), "ConnectionPending");
      assertFails(tryListen(connecting, 1), "ConnectionPending", "EINVAL");
    },
  },
  {
    clause: "EINVAL: the socket has been shut down",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const { client, server } = fixture.connection();
      shutdown(client, SHUT.RDWR);
      assertFails(tryListen(client, 1), "SocketShutDown", "EINVAL");
      shutdown(server, SHUT.RDWR);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryListen(client, 1), "SocketShutDown", "EINVAL");
    },
  },
  {
    clause: "EINVAL: the connection was reset",
    source: `${POSIX}, ERRORS; tcp_reset in net/ipv4/tcp_input.c`,
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryListen(client, 1), "SocketShutDown", "EINVAL");
    },
  },
  {
    clause: "SHUT_RD on a TCP listener ends listening; it can listen again",
    source: "inet_shutdown in net/ipv4/af_inet.c",
    except: { windows: "Windows does not tell the accept queue" },
    run(fixture) {
      const server = fixture.listener(3);
      shutdown(server, SHUT.RD);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), false);
      assert.equal(acceptQueue(server), undefined);
      assertFails(tryAccept(server), "SocketNotListening", "EINVAL");
      listen(server, 4);
      assert.equal(effectiveBacklog(server), 4);
      connect(fixture.tcp(), getsockname(server));
      fixture.own(accept(server).socket);
    },
  },
  {
    clause: "SHUT_RD on a unix listener refuses from then on, though it listens again",
    source: "unix_shutdown in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, fixture.abstractAddress());
      listen(server, 3);
      shutdown(server, SHUT.RD);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
      listen(server, 4);
      const client = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(tryConnect(client, getsockname(server)), "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS; Zig FileDescriptorNotASocket`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryListen(file, 1), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EOPNOTSUPP: the socket is not of a type that listens",
    source: `${POSIX}, ERRORS; Zig OperationNotSupported`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const datagrams = [fixture.udp(), fixture.socket(AF.INET6, SOCK.DGRAM), fixture.pair(SOCK.DGRAM)[0]];
      for (const datagram of datagrams) {
        const error = assertFails(tryListen(datagram, 1), "OperationNotSupported", "EOPNOTSUPP");
        assert.equal(error.errno, -errnoHere("EOPNOTSUPP"));
      }
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back",
    source: `${POSIX}, ERRORS; Zig calls it unreachable`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const server = fixture.boundTcp();
      closeDescriptor(server.fd);
      assertFails(tryListen(server, 1), "BadFileDescriptor", "EBADF");
      server.detach();
    },
  },
  {
    clause: "a closed Socket never touches its descriptor, though the number is in use again",
    source: "berkeley",
    run(fixture) {
      const server = fixture.boundTcp();
      const { fd } = server;
      close(server);
      const other = fixture.boundTcp();
      assert.equal(other.fd, fd, "the kernel gives the lowest free number");
      const error = assertFails(tryListen(server, 1), "SocketClosed", "EBADF");
      assert.equal(error.errno, -errnoHere("EBADF"));
      assert.equal(getsockopt(other, SO.ACCEPTCONN), false);
    },
  },
  closedSocket((socket) => tryListen(socket, 1)),
  {
    clause: "EACCES, ENOBUFS and ENOMEM, which a real process is made to get",
    source: `${POSIX}, ERRORS (may fail); strace(1), inject`,
    except: {
      ...{ windows: "it runs strace", darwin: "it runs strace", freebsd: "it runs strace" },
      ...{ bun: "strace runs only on Node", deno: "strace runs only on Node" },
    },
    run(fixture) {
      const { error } = spawnSync("strace", ["-V"]);
      if (error !== undefined) return fixture.skip(`cannot run strace: ${error.message}`);
      for (const [code, name, message] of [
        ["EACCES", "AccessDenied", /: The process lacks the privilege to listen on this socket\.$/],
        ["ENOBUFS", "SystemResources", /: The system is out of memory, buffers /],
        ["ENOMEM", "SystemResources", /: The system is out of memory, buffers /],
      ] as const) {
        const under = injecting(`listen:error=${code}:when=1`);
        const [thrown = "", listening] = runProgram(program("listen-injected"), { under }).split("\n");
        const { message: text, ...fields } = JSON.parse(thrown);
        const expected = { name, code, errno: -errnoOf(code), syscall: "listen", address: "127.0.0.1" };
        assert.deepEqual(fields, { ...expected, isHere: true });
        assert.match(text, new RegExp(`^listen ${code} 127\\.0\\.0\\.1:\\d+: `));
        assert.match(text, message);
        assert.equal(listening, "listening");
      }
    },
  },
  {
    clause: "the limits of incomplete and of complete connections may differ: each takes effect",
    source: `${POSIX}, DESCRIPTION; listen(2), tcp_max_syn_backlog; tcp_conn_request in net/ipv4/tcp_input.c`,
    except: { windows: "it is about Linux's settings" },
    run: (fixture) => inNetworkNamespace(fixture, program("listen-limits"), { ip: true }),
  },
  {
    clause: "the socket may require a privilege: EACCES",
    source: `${POSIX}, ERRORS`,
    script: { listen: [-13] },
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryListen(server, 1), "AccessDenied", "EACCES");
    },
  },
  {
    clause: "a unix listener reports its queue, too; it holds one more than the backlog",
    source: "unix_recvq_full in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, fixture.abstractAddress());
      listen(server, 1);
      const clients = [1, 2, 3].map(() => fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true }));
      const results = clients.map((client) => tryConnect(client, getsockname(server)));
      assert.deepEqual(
        results.map(({ ok }) => ok),
        [true, true, false],
      );
      assert.deepEqual(acceptQueue(server), { pending: 2, limit: 1 });
    },
  },
  {
    clause: "returns nothing on success",
    source: `${POSIX}, RETURN VALUE; Zig void`,
    run(fixture) {
      assert.equal(assertOk(tryListen(fixture.boundTcp(), 1)), undefined);
      assert.equal(listen(fixture.boundTcp(), 1), undefined);
    },
  },
  {
    clause: "Windows: an unbound socket is refused: WSAEINVAL",
    source: "Zig SocketNotBound; Winsock listen, WSAEINVAL",
    except: onlyWindows,
    run(fixture) {
      for (const domain of [AF.INET, AF.INET6]) {
        const server = fixture.socket(domain, SOCK.STREAM);
        const error = assertFails(tryListen(server, 1), "SocketNotBound", "EINVAL");
        assert.equal(error.errno, -4071);
      }
    },
  },
  {
    clause: "Windows: a second listen succeeds, and changes nothing",
    source: "Winsock listen, Remarks",
    except: onlyWindows,
    run(fixture) {
      const server = fixture.listener(1);
      for (const backlog of [0, 1, 200]) listen(server, backlog);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
      connect(fixture.tcp(), getsockname(server));
      fixture.own(accept(server).socket);
    },
  },
  {
    clause: "Windows: a full queue refuses",
    source: "Winsock listen, Remarks: WSAECONNREFUSED",
    except: { ...onlyWindows, wine: "Wine answers as Linux does: the connect waits (listen, Remarks)" },
    run(fixture) {
      const server = fixture.listener(1);
      const results = Array.from({ length: 8 }, () => tryConnect(fixture.tcp(), getsockname(server)));
      const refused = results.find((result) => !result.ok);
      assert.ok(refused !== undefined);
      assertFails(refused, "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "Windows: SO_REUSEADDR takes the port from a live listener",
    source: "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE (Winsock)",
    except: {
      ...onlyWindows,
      wine: "Wine says WSAEACCES, where Windows binds (Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE)",
    },
    run(fixture) {
      const server = fixture.listener();
      const thief = fixture.tcp();
      setsockopt(thief, SO.REUSEADDR, true);
      bind(thief, getsockname(server));
      listen(thief, 1);
    },
  },
  {
    clause: "Windows: SO_EXCLUSIVEADDRUSE keeps the port, whatever others set",
    source: "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE (Winsock)",
    except: onlyWindows,
    run(fixture) {
      const server = fixture.tcp();
      setsockopt(server, SO.EXCLUSIVEADDRUSE, true);
      bind(server, loopback);
      listen(server, 1);
      const thief = fixture.tcp();
      setsockopt(thief, SO.REUSEADDR, true);
      assertFails(tryBind(thief, getsockname(server)), "AccessDenied", "EACCES");
    },
  },
  ...winsockRows("listen", (socket) => tryListen(socket, 1)),
  ...documentedErrors(listenErrors, (system) => {
    using server = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryListen(server, 1);
  }),
]);

test(
  "listen throws what tryListen returns, with the caller's stack",
  except({
    windows: "an unbound socket is refused: WSAEINVAL (listen, recvfrom and getsockname, WSAEINVAL)",
  }),
  () => {
    using datagram = socket(AF.INET, SOCK.DGRAM);
    const { stackTraceLimit } = Error;
    const result = tryListen(datagram, 1);
    assert.ok(!result.ok && !result.error.stack?.includes("\n    at "), "no stack is captured");
    assert.throws(
      () => {
        listen(datagram, 1);
      },
      (error: unknown) => {
        assert.ok(isListenError(error));
        assert.equal(error.name, "OperationNotSupported");
        const [header, first] = error.stack?.split("\n") ?? [];
        assert.match(header ?? "", /^OperationNotSupported: listen EOPNOTSUPP/);
        assert.match(first ?? "", /listen\.test\./);
        return true;
      },
    );
    assert.equal(Error.stackTraceLimit, stackTraceLimit);
  },
);

test(
  "listen takes a descriptor's number and Node's own server, and closes neither",
  except(descriptorsHidden),
  async () => {
    using owner = socket(AF.INET, SOCK.STREAM);
    listen(owner.fd, 3);
    assert.equal(effectiveBacklog(owner.fd), 3);

    const server = createServer();
    assertFails(tryListen(server, 1), "SocketClosed");
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    listen(server, 17);
    assert.equal(effectiveBacklog(server), 17);
    assert.deepEqual(server.listening, true);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(acceptQueue(server), undefined);
  },
);

test("listen rejects a value that is not a socket, before any system call", () => {
  for (const value of [null, undefined, "3", {}, [], Symbol("s"), 3n, () => {}]) {
    // @ts-expect-error not a socket
    assert.throws(() => listen(value, 1), TypeError);
  }
  for (const fd of [-1, 0.5, Number.NaN, 2 ** 31]) assert.throws(() => listen(fd, 1), RangeError);
});

test(
  "a Socket adopts a listening descriptor",
  except({ windows: "Windows does not tell the accept queue" }),
  () => {
    const made = socket(AF.INET, SOCK.STREAM);
    listen(made, 5);
    using adopted = Socket.from(made.detach());
    assert.equal(made.closed, true);
    assert.deepEqual([adopted.domain, adopted.type, effectiveBacklog(adopted)], [AF.INET, SOCK.STREAM, 5]);
  },
);
