import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { closedSocket } from "../../test/closed-rows.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { runWithDescriptors } from "../../test/program.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../system/descriptor-flags.ts";
import { accept, acceptErrors, tryAccept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, IPPROTO, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { send } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX accept(3p)";
const LINUX = "accept(2)";

/** A getsockopt() for a listening socket: SO_ACCEPTCONN is 1, everything else 0. */
const acceptconn = [
  (_fd: number, _level: number, name: number, value: { ints: Int32Array }) => {
    value.ints[0] = name === 30 ? 1 : 0;
    return 0;
  },
];

/** Whether O_NONBLOCK is set: proc(5), fdinfo. */
function isNonblocking({ fd }: Socket): boolean {
  const [, flags] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return (Number.parseInt(flags ?? "", 8) & SOCK.NONBLOCK) !== 0;
}

conformance("accept", [
  {
    clause: "extracts the first connection of the queue, in the order in which they came",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const server = fixture.listener(3);
      const clients = [1, 2, 3].map(() => {
        const client = fixture.tcp();
        connect(client, getsockname(server));
        return client;
      });
      for (const client of clients) {
        const { socket: connection, address } = accept(server);
        fixture.own(connection);
        assert.deepEqual(address, getsockname(client));
      }
    },
  },
  {
    clause: "the new socket is of the same type, protocol and family",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const [domain, type] of [
        [AF.INET, SOCK.STREAM],
        [AF.INET6, SOCK.STREAM],
        [AF.UNIX, SOCK.STREAM],
        [AF.UNIX, SOCK.SEQPACKET],
      ] as const) {
        const server = fixture.socket(domain, type);
        if (domain === AF.UNIX) bind(server, fixture.abstractAddress());
        listen(server, 1);
        const client = fixture.socket(domain, type);
        connect(client, getsockname(server));
        const connection = fixture.own(accept(server).socket);
        assert.deepEqual([connection.domain, connection.type], [domain, type]);
        assert.equal(connection.protocol, domain === AF.UNIX ? 0 : IPPROTO.TCP);
        const borrowed = fixture.socket(domain, type);
        connect(borrowed, getsockname(server));
        const fromNumber = fixture.own(accept(server.fd).socket);
        assert.deepEqual([fromNumber.domain, fromNumber.type], [domain, type], "of a borrowed listener, too");
      }
    },
  },
  {
    clause:
      "the new socket is connected, and may not accept connections; the listener " +
      "stays open, and may accept more",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp();
      connect(client, getsockname(server));
      const connection = fixture.own(accept(server).socket);
      assertFails(tryAccept(connection), "SocketNotListening", "EINVAL");
      send(client, Buffer.from("x"));
      assert.equal(recv(connection, new Uint8Array(4)), 1);
      connect(fixture.tcp(), getsockname(server));
      fixture.own(accept(server).socket);
    },
  },
  {
    clause: "the address is the peer's; of a unix peer that is not bound it has no path",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.deepEqual(getpeername(server), getsockname(client));
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, fixture.abstractAddress());
      listen(listener, 2);
      const [unnamed, named] = [1, 2].map(() => fixture.socket(AF.UNIX, SOCK.STREAM));
      assert.ok(unnamed !== undefined && named !== undefined);
      connect(unnamed, getsockname(listener));
      const name = fixture.abstractAddress();
      bind(named, name);
      connect(named, getsockname(listener));
      for (const expected of [{ family: "unix", path: "" }, name]) {
        const { socket: connection, address } = accept(listener);
        fixture.own(connection);
        assert.deepEqual(address, expected);
      }
    },
  },
  {
    clause: "the new socket does not inherit O_NONBLOCK: it blocks by default",
    source: `${LINUX}, NOTES`,
    except: { windows: "it reads Linux's /proc" },
    run(fixture) {
      const server = fixture.listener(4, { nonblocking: true });
      connect(fixture.tcp(), getsockname(server));
      connect(fixture.tcp(), getsockname(server));
      assert.equal(isNonblocking(fixture.own(accept(server).socket)), false);
      assert.equal(isNonblocking(fixture.own(accept(server, { nonblocking: true }).socket)), true);
    },
  },
  {
    clause: "nonblocking and closeOnExec go with the call, as SOCK_NONBLOCK and SOCK_CLOEXEC do",
    source: `${LINUX}, accept4`,
    script: {},
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      accept(server);
      accept(server, { nonblocking: true });
      accept(server, { closeOnExec: false });
      const accepts = system.calls.filter((call) => call.startsWith("accept"));
      assert.deepEqual(
        accepts,
        [CLOSE_ON_EXEC, CLOSE_ON_EXEC | NONBLOCKING, 0].map((flags) => `accept(1000, ${flags})`),
      );
    },
  },
  {
    clause: "descriptor 0, where the process has closed its standard input, is a connection",
    source: `${POSIX}, RETURN VALUE: a nonnegative descriptor`,
    script: { accept: [0] },
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      using connection = accept(server).socket;
      assert.equal(connection.fd, 0);
    },
  },
  {
    clause: "EAGAIN: no connection is pending, and the socket is non-blocking",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const server = fixture.listener(1, { nonblocking: true });
      const error = assertFails(tryAccept(server), "WouldBlock", "EAGAIN");
      const address = getsockname(server);
      assert.ok("port" in address);
      assert.equal(error.port, address.port);
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
      bind(unix, fixture.abstractAddress());
      listen(unix, 1);
      assertFails(tryAccept(unix), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EAGAIN: the socket blocks, and its SO_RCVTIMEO has expired",
    source: "socket(7), SO_RCVTIMEO",
    except: { windows: "SO_RCVTIMEO is about receiving calls alone there (SOL_SOCKET Socket Options)" },
    run(fixture) {
      const server = fixture.listener();
      setsockopt(server, SO.RCVTIMEO, 1);
      assertFails(tryAccept(server), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "when a connection is pending, the listener is readable to poll",
    source: `${POSIX}, APPLICATION USAGE`,
    run(fixture) {
      const server = fixture.listener();
      assert.deepEqual(poll([{ socket: server, events: POLL.IN }], 0), []);
      connect(fixture.tcp(), getsockname(server));
      assert.deepEqual(poll([{ socket: server, events: POLL.IN }], 5000), [
        { socket: server, revents: POLL.IN },
      ]);
      fixture.own(accept(server).socket);
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back, or never open",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const server = fixture.listener();
      closeDescriptor(server.fd);
      assertFails(tryAccept(server), "BadFileDescriptor", "EBADF");
      server.detach();
      assertFails(tryAccept(999_999), "BadFileDescriptor", "EBADF");
    },
  },
  closedSocket((socket) => tryAccept(socket)),
  {
    clause: "EINVAL: the socket does not listen",
    source: `${POSIX}, ERRORS`,
    run(fixture) {
      assertFails(tryAccept(fixture.tcp()), "SocketNotListening", "EINVAL");
      assertFails(tryAccept(fixture.boundTcp()), "SocketNotListening", "EINVAL");
      assertFails(tryAccept(fixture.connection().client), "SocketNotListening", "EINVAL");
      assertFails(tryAccept(fixture.pair()[0]), "SocketNotListening", "EINVAL");
    },
  },
  {
    clause: "EINVAL: a listener that was shut down no longer listens",
    source: "inet_shutdown in net/ipv4/af_inet.c; unix_accept in net/unix/af_unix.c",
    except: { windows: "a listener cannot be shut down: WSAENOTCONN (shutdown)" },
    run(fixture) {
      const server = fixture.listener();
      shutdown(server, SHUT.RD);
      assertFails(tryAccept(server), "SocketNotListening", "EINVAL");
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(unix, fixture.abstractAddress());
      listen(unix, 1);
      shutdown(unix, SHUT.RD);
      assertFails(tryAccept(unix), "SocketNotListening", "EINVAL");
    },
  },
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryAccept(file), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EOPNOTSUPP: the type of the socket does not accept connections",
    source: `${POSIX}, ERRORS`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const datagram of [
        fixture.udp(),
        fixture.socket(AF.INET6, SOCK.DGRAM),
        fixture.pair(SOCK.DGRAM)[0],
      ]) {
        assertFails(tryAccept(datagram), "OperationNotSupported", "EOPNOTSUPP");
      }
    },
  },
  {
    clause: "EOPNOTSUPP of a socket that listens is a pending network error of the connection",
    source: `${LINUX}, Error handling`,
    script: { accept: [-errnoOf("EOPNOTSUPP")], getsockopt: acceptconn },
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryAccept(server), "ProtocolFailure", "EOPNOTSUPP");
    },
  },
  {
    clause: "EOPNOTSUPP of a socket that does not listen is its type's",
    source: `${POSIX}, ERRORS`,
    script: { accept: [-errnoOf("EOPNOTSUPP")] },
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryAccept(server), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "EMFILE: the process has no descriptor left; the connection stays in the queue",
    source: `${POSIX}, ERRORS`,
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run() {
      runWithDescriptors(100, new URL("./accept-last-descriptor.child.js", import.meta.url));
    },
  },
  {
    clause: "a connection that ended while it waited is handed out, with what was sent, and then its end",
    source: "inet_csk_accept in net/ipv4/inet_connection_sock.c; unix_accept in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const tcp = fixture.listener();
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(unix, fixture.abstractAddress());
      listen(unix, 1);
      for (const server of [tcp, unix]) {
        const client = fixture.socket(server.domain, SOCK.STREAM);
        connect(client, getsockname(server));
        send(client, Buffer.from("last"));
        close(client);
        const connection = fixture.own(accept(server).socket);
        const buffer = new Uint8Array(8);
        assert.deepEqual([recv(connection, buffer), recv(connection, buffer)], [4, 0]);
      }
    },
  },
  {
    clause: "ECONNABORTED is optional: Linux returns a connection that was reset, and recv reports it",
    source: `${POSIX}, ERRORS; inet_csk_accept in net/ipv4/inet_connection_sock.c`,
    except: { wine: "Wine reads the end of data; Windows says WSAECONNRESET (accept and recv)" },
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp();
      connect(client, getsockname(server));
      const from = getsockname(client);
      setsockopt(client, SO.LINGER, { on: true, seconds: 0 });
      close(client);
      const { socket: connection, address } = accept(server);
      fixture.own(connection);
      assert.deepEqual(address, from);
      assertFails(tryRecv(connection, new Uint8Array(1)), "ConnectionResetByPeer", "ECONNRESET");
    },
  },
  {
    clause: "EINTR never reaches the caller: accept is retried",
    source: `${POSIX}, ERRORS; signal(7)`,
    script: { accept: [-errnoOf("EINTR"), -errnoOf("EINTR"), 7] },
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      using connection = accept(server).socket;
      assert.equal(connection.fd, 7);
      assert.equal(system.calls.filter((call) => call.startsWith("accept")).length, 3);
      assert.ok(!system.calls.some((call) => call.startsWith("poll")), "no time-out, no poll");
    },
  },
  {
    clause: "returns the connection, and as tryAccept a Result of it",
    source: `${POSIX}, RETURN VALUE`,
    run(fixture) {
      const server = fixture.listener();
      connect(fixture.tcp(), getsockname(server));
      const { socket: connection, address } = assertOk(tryAccept(server));
      fixture.own(connection);
      assert.equal(address.family, "ipv4");
      assert.throws(() => accept(connection), { name: "SocketNotListening", syscall: "accept" });
    },
  },
  ...winsockRows("accept", (socket) => tryAccept(socket)),
  ...documentedErrors(acceptErrors, (system) => {
    using server = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryAccept(server);
  }),
]);

test("accept takes Node's own server, and leaves it listening", except(descriptorsHidden), async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Node cannot accept it first within one turn of the event loop.
  using client = socket(AF.INET, SOCK.STREAM);
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  connect(client, address);
  using connection = accept(server).socket;
  assert.deepEqual(
    [connection.domain, connection.type, connection.protocol],
    [AF.INET, SOCK.STREAM, IPPROTO.TCP],
  );
  assert.deepEqual(getpeername(connection), getsockname(client));
  assert.equal(server.listening, true);
  await new Promise((resolve) => server.close(resolve));
});
