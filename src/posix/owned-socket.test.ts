import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance } from "../../test/conformance.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { runProgram } from "../../test/program.ts";
import { SocketError } from "../errors/socket-error.ts";
import { SO } from "../options/so.ts";
import { close, tryClose } from "./close.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { getsockname, tryGetsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { Socket } from "./owned-socket.ts";
import { recv } from "./recv.ts";
import { send } from "./send.ts";
import { socket } from "./socket.ts";

const isSocketClosed = (error: unknown) =>
  error instanceof SocketError &&
  error.name === "SocketClosed" &&
  error.code === "EBADF" &&
  error.errno === -9;

conformance("Socket", [
  {
    clause: "using closes it at the end of the scope, whatever ends it",
    source: "ECMAScript, Explicit Resource Management",
    run() {
      const before = openDescriptors();
      let made: Socket;
      {
        using scoped = socket(AF.INET, SOCK.STREAM);
        made = scoped;
        assert.notDeepEqual(openDescriptors(), before);
      }
      assert.deepEqual([made.closed, made.fd], [true, -1]);
      assert.deepEqual(openDescriptors(), before);
      assert.throws(() => {
        using thrown = socket(AF.INET, SOCK.STREAM);
        throw new Error(`with ${thrown.fd} open`);
      }, /with \d+ open/);
      assert.deepEqual(openDescriptors(), before);
    },
  },
  {
    clause: "to dispose of it twice, or once it is closed or detached, does nothing",
    source: "ECMAScript, Explicit Resource Management: dispose is idempotent",
    except: {
      windows: "an unbound socket is refused: WSAEINVAL (listen, recvfrom and getsockname, WSAEINVAL)",
    },
    run(fixture) {
      const made = fixture.tcp();
      const { fd } = made;
      made[Symbol.dispose]();
      const other = fixture.tcp();
      assert.equal(other.fd, fd, "the kernel gives the lowest free number");
      made[Symbol.dispose]();
      assertOk(tryGetsockname(other));
      using detached = socket(AF.INET, SOCK.STREAM);
      const adopted = fixture.own(Socket.from(detached.detach()));
      detached[Symbol.dispose]();
      assertOk(tryGetsockname(adopted));
    },
  },
  {
    clause: "using after close() is fine",
    source: "berkeley",
    run() {
      using made = socket(AF.INET, SOCK.STREAM);
      close(made);
      assertFails(tryClose(made), "SocketClosed", "EBADF");
    },
  },
  {
    clause: "detach takes the descriptor out, open; the Socket is closed",
    source: "berkeley",
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run() {
      const made = socket(AF.INET, SOCK.STREAM);
      const { fd } = made;
      assert.equal(made.detach(), fd);
      assert.deepEqual([made.closed, made.fd], [true, -1]);
      assert.equal(getsockopt(fd, SO.TYPE), SOCK.STREAM);
      assertFails(tryGetsockname(made), "SocketClosed", "EBADF");
      assert.throws(() => made.detach(), isSocketClosed);
      closeDescriptor(fd);
    },
  },
  {
    clause: "detach of a closed one is SocketClosed, and makes no call",
    source: "berkeley",
    script: {},
    play(system) {
      const made = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(made);
      const before = system.calls.length;
      assert.throws(() => made.detach(), isSocketClosed);
      assert.equal(system.calls.length, before);
    },
  },
  {
    clause: "Socket.from adopts a descriptor, and asks the kernel what it is",
    source: "socket(7), SO_DOMAIN, SO_TYPE and SO_PROTOCOL",
    except: { windows: "Windows has no IPPROTO_MPTCP" },
    run(fixture) {
      for (const [domain, type, protocol] of [
        [AF.INET, SOCK.STREAM, IPPROTO.TCP],
        [AF.INET6, SOCK.STREAM, IPPROTO.TCP],
        [AF.INET, SOCK.STREAM, IPPROTO.MPTCP],
        [AF.INET, SOCK.DGRAM, IPPROTO.UDP],
        [AF.INET6, SOCK.DGRAM, IPPROTO.UDP],
        [AF.UNIX, SOCK.STREAM, 0],
        [AF.UNIX, SOCK.DGRAM, 0],
        [AF.UNIX, SOCK.SEQPACKET, 0],
        [AF.NETLINK, SOCK.RAW, 0],
      ] as const) {
        const made = socket(domain, type, protocol, { nonblocking: true });
        assert.deepEqual([made.domain, made.type, made.protocol], [domain, type, protocol]);
        const fd = made.detach();
        const adopted = fixture.own(Socket.from(fd));
        assert.deepEqual(
          [adopted.fd, adopted.domain, adopted.type, adopted.protocol],
          [fd, domain, type, protocol],
        );
      }
    },
  },
  {
    clause: "Socket.from owns what it adopts: it is closed with it",
    source: "berkeley",
    run(fixture) {
      const [left, right] = fixture.pair();
      {
        using adopted = Socket.from(left.detach());
        send(adopted, Buffer.from("x"));
        assert.equal(recv(right, new Uint8Array(1)), 1);
      }
      assert.equal(recv(right, new Uint8Array(1)), 0);
    },
  },
  {
    clause: "Socket.from of a descriptor that is not a socket, or not open, fails and does not touch it",
    source: "berkeley; getsockopt(2)",
    except: { windows: "a descriptor of C's is no handle to Winsock" },
    run(fixture) {
      const file = openSync("/dev/null", "r");
      assert.throws(() => Socket.from(file), { name: "FileDescriptorNotASocket", code: "ENOTSOCK" });
      assert.ok(fstatSync(file).isCharacterDevice());
      closeSync(file);
      assert.throws(() => Socket.from(file), { name: "BadFileDescriptor", code: "EBADF" });
      assert.throws(() => Socket.from(0x7fffffff), { name: "BadFileDescriptor" });
      fixture.tcp();
    },
  },
  {
    clause: "Socket.from rejects a value that is not a descriptor number, before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      for (const fd of [-1, 0.5, Number.NaN, 2 ** 31]) {
        assert.throws(() => Socket.from(fd, { system }), RangeError, `${fd}`);
      }
      for (const fd of ["3", 3n, null, undefined, {}]) {
        // @ts-expect-error a descriptor is a number
        assert.throws(() => Socket.from(fd, { system }), TypeError);
      }
      assert.deepEqual(system.calls, []);
    },
  },
  {
    clause: "the stack of a failing Socket.from starts at its caller",
    source: "berkeley",
    run() {
      assert.throws(
        () => {
          Socket.from(0x7fffffff);
        },
        (error: unknown) => {
          assert.ok(error instanceof SocketError);
          assert.match(error.stack?.split("\n")[1] ?? "", /owned-socket\.test\./);
          return true;
        },
      );
    },
  },
  {
    clause: "it belongs to the system that made it",
    source: "berkeley",
    script: {},
    play(system) {
      using made = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.equal(made.system, system);
      using adopted = Socket.from(5, { system });
      assert.equal(adopted.system, system);
    },
  },
  {
    clause: "a detached listener is Node's: its server owns it, and serves",
    source: "berkeley; net.Server.listen({ fd })",
    except: { windows: "Node does not listen on a handle there: listen({ fd }) is EINVAL" },
    async run(fixture) {
      const made = fixture.listener(7, { nonblocking: true });
      const { port } = portOf(made);
      const server = createServer((connection) => connection.end("hello"));
      await new Promise<void>((resolve) => server.listen({ fd: made.detach() }, resolve));
      const client = connect(port, "127.0.0.1");
      const gone = once(client, "close");
      const [data] = await once(client, "data");
      assert.equal(`${data}`, "hello");
      await gone;
      assert.equal(server.listening, true);
      await new Promise((resolve) => server.close(resolve));
    },
  },
  {
    clause: "garbage collection closes what is owned and unclosed, with a warning, and nothing else",
    source: "berkeley; statx(2), stx_ino",
    except: { windows: "it tells by the lowest free descriptor, which handles do not have" },
    run() {
      runProgram(new URL("./owned-socket-leak.child.js", import.meta.url));
    },
  },
]);

test("a Socket's descriptor cannot be changed", () => {
  using made = socket(AF.INET, SOCK.STREAM);
  const { fd } = made;
  assert.equal(Reflect.set(made, "fd", 3), false);
  assert.equal(Reflect.set(made, "closed", true), false);
  assert.deepEqual([made.fd, made.closed], [fd, false]);
});

function portOf(bound: Socket): { port: number } {
  const name = getsockname(bound);
  assert.ok("port" in name);
  return { port: name.port };
}
