import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoHere } from "../../test/conformance.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close, closeErrors, isCloseError, tryClose } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname, tryGetsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { send } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX close(3p)";

conformance("close", [
  {
    clause: "deallocates the descriptor: the next one that is opened may be it",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "a descriptor of C's is no handle to Winsock" },
    run(fixture) {
      const made = fixture.tcp();
      const { fd } = made;
      close(made);
      assert.deepEqual([made.closed, made.fd], [true, -1]);
      const file = openSync("/dev/null", "r");
      assert.equal(file, fd);
      closeSync(file);
    },
  },
  {
    clause: "a socket ends when its last descriptor is closed",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "a SOCKET is no descriptor of C's, which node:fs and spawn() take" },
    async run(fixture) {
      const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      // Another program has it open, too, until its standard input ends.
      const holder = spawn("cat", { stdio: ["pipe", "ignore", "inherit", left.fd] });
      close(left);
      assertFails(tryRecv(right, new Uint8Array(1)), "WouldBlock", "EAGAIN");
      const closed = once(holder, "close");
      holder.stdin?.end();
      await closed;
      assert.equal(recv(right, new Uint8Array(1)), 0);
    },
  },
  {
    clause: "a connection-mode socket sends what is unsent, then the end; close does not wait",
    source: `${POSIX}, DESCRIPTION; socket(7), SO_LINGER`,
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("last words"));
      close(client);
      const buffer = Buffer.alloc(32);
      assert.equal(buffer.toString("utf8", 0, recv(server, buffer)), "last words");
      assert.equal(recv(server, buffer), 0);
    },
  },
  {
    clause: "with SO_LINGER and no seconds the connection is reset",
    source: `${POSIX}, DESCRIPTION; socket(7), SO_LINGER`,
    except: { wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(client, SO.LINGER, { on: true, seconds: 0 });
      close(client);
      poll([{ socket: server, events: POLL.IN }], 5000);
      assertFails(tryRecv(server, new Uint8Array(1)), "ConnectionResetByPeer", "ECONNRESET");
    },
  },
  {
    clause: "with SO_LINGER and seconds it blocks until the data is sent and acknowledged",
    source: `${POSIX}, DESCRIPTION; socket(7), SO_LINGER`,
    except: { windows: "Windows has no POLL_RDHUP" },
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(client, SO.LINGER, { on: true, seconds: 10 });
      send(client, Buffer.from("x"));
      close(client);
      assert.deepEqual(
        poll([{ socket: server, events: POLL.RDHUP }], 0).length,
        1,
        "the end is here already",
      );
    },
  },
  {
    clause: "unreceived data is lost, and the peer gets a reset",
    source: "RFC 2525, 2.17; __tcp_close in net/ipv4/tcp.c",
    except: { wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      send(server, Buffer.from("x"));
      poll([{ socket: client, events: POLL.IN }], 5000);
      close(client);
      poll([{ socket: server, events: POLL.IN }], 5000);
      assertFails(tryRecv(server, new Uint8Array(1)), "ConnectionResetByPeer", "ECONNRESET");
    },
  },
  {
    clause: "connections that wait for accept() end with their listener",
    source: "inet_csk_listen_stop in net/ipv4/inet_connection_sock.c",
    except: { wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)" },
    run(fixture) {
      const server = fixture.listener();
      const address = getsockname(server);
      const client = fixture.tcp();
      connect(client, address);
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryRecv(client, new Uint8Array(1)), "ConnectionResetByPeer", "ECONNRESET");
      assertFails(tryConnect(fixture.tcp(), address), "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "an accepted connection outlives its listener",
    source: "POSIX accept(3p), DESCRIPTION",
    run(fixture) {
      const listener = fixture.listener();
      const client = fixture.tcp();
      connect(client, getsockname(listener));
      const server = fixture.own(accept(listener).socket);
      close(listener);
      send(client, Buffer.from("x"));
      assert.equal(recv(server, new Uint8Array(1)), 1);
    },
  },
  {
    clause: "a unix socket's path stays, and refuses",
    source: "unix(7), Pathname sockets",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const path = `${fixture.folder()}/socket`;
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, { family: "unix", path });
      listen(server, 1);
      close(server);
      assert.ok(existsSync(path));
      const client = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(tryConnect(client, { family: "unix", path }), "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back; the Socket is still closed",
    source: `${POSIX}, ERRORS; close(2)`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const made = fixture.tcp();
      closeDescriptor(made.fd);
      const error = assertFails(tryClose(made), "BadFileDescriptor", "EBADF");
      assert.equal(error.errno, -errnoHere("EBADF"));
      assert.equal(made.closed, true);
    },
  },
  {
    clause: "a Socket that is closed or detached makes no system call, though the number is in use again",
    source: "berkeley",
    except: {
      windows: "an unbound socket is refused: WSAEINVAL (listen, recvfrom and getsockname, WSAEINVAL)",
    },
    run(fixture) {
      const made = fixture.tcp();
      const { fd } = made;
      close(made);
      const other = fixture.tcp();
      assert.equal(other.fd, fd, "the kernel gives the lowest free number");
      assertFails(tryClose(made), "SocketClosed", "EBADF");
      assertOk(tryGetsockname(other));
      const detached = fixture.tcp();
      const adopted = fixture.own(Socket.from(detached.detach()));
      assertFails(tryClose(detached), "SocketClosed", "EBADF");
      assertOk(tryGetsockname(adopted));
    },
  },
  {
    clause: "EINTR: the descriptor is released, and close is not repeated; nothing is left to do",
    source: `${POSIX}, ERRORS; close(2), Dealing with error returns from close()`,
    script: { close: [-4] },
    play(system) {
      const made = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertOk(tryClose(made));
      assert.equal(made.closed, true);
      assert.deepEqual(closesIn(system.calls), ["close(1000)"]);
    },
  },
  {
    clause: "EIO: the Socket is still closed, and close is not retried",
    source: `${POSIX}, ERRORS; close(2)`,
    script: { close: [-5] },
    play(system) {
      const made = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryClose(made), "InputOutput", "EIO");
      assert.equal(made.closed, true);
      assertFails(tryClose(made), "SocketClosed", "EBADF");
      assert.deepEqual(closesIn(system.calls), ["close(1000)"]);
    },
  },
  {
    clause: "takes a Socket and nothing else, so that no borrowed descriptor is closed",
    source: "berkeley",
    run(fixture) {
      const made = fixture.tcp();
      const before = openDescriptors();
      for (const bad of [made.fd, createServer(), null, undefined, {}, "3"]) {
        // @ts-expect-error close() takes a Socket
        assert.throws(() => close(bad), TypeError);
      }
      assert.deepEqual(openDescriptors(), before);
    },
  },
  {
    clause: "a shut down socket is open until it is closed",
    source: "POSIX shutdown(3p), RATIONALE",
    run(fixture) {
      const { client } = fixture.connection();
      shutdown(client, SHUT.RDWR);
      assert.equal(client.closed, false);
      getpeername(client);
      assert.equal(assertOk(tryClose(client)), undefined);
    },
  },
  ...winsockRows("close", (socket) => tryClose(socket)),
  ...documentedErrors(closeErrors, (system) => tryClose(socket(AF.INET, SOCK.STREAM, 0, { system }))),
]);

test("close throws what tryClose returns, with the caller's stack", () => {
  const made = socket(AF.INET, SOCK.STREAM);
  assert.equal(close(made), undefined);
  assert.throws(
    () => {
      close(made);
    },
    (error: unknown) => {
      assert.ok(isCloseError(error));
      assert.equal(error.name, "SocketClosed");
      assert.match(error.stack?.split("\n")[1] ?? "", /close\.test\./);
      return true;
    },
  );
});

const closesIn = (calls: readonly string[]) => calls.filter((call) => call.startsWith("close"));
