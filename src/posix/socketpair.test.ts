import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { except } from "../../test/platform.ts";
import { runWithDescriptors } from "../../test/program.ts";
import { SO } from "../options/so.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../system/descriptor-flags.ts";
import { close } from "./close.ts";
import { AF, IPPROTO, SHUT, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { recv, tryRecv } from "./recv.ts";
import { send } from "./send.ts";
import { shutdown } from "./shutdown.ts";
import { isSocketpairError, socketpair, socketpairErrors, trySocketpair } from "./socketpair.ts";

const POSIX = "POSIX socketpair(3p)";
const types = [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET];

conformance("socketpair", [
  {
    clause: "creates an unbound pair of connected sockets",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its pairs are TCP connections: bound, of IPPROTO_TCP, made with a listener" },
    run(fixture) {
      for (const type of types) {
        for (const end of fixture.pair(type)) {
          assert.deepEqual(getsockname(end), { family: "unix", path: "" });
          assert.deepEqual(getpeername(end), { family: "unix", path: "" });
        }
      }
    },
  },
  {
    clause: "the two sockets are identical, of the requested type",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its pairs are TCP connections: bound, of IPPROTO_TCP, made with a listener" },
    run(fixture) {
      for (const type of types) {
        const [left, right] = fixture.pair(type);
        for (const end of [left, right]) {
          assert.deepEqual([end.domain, end.type, end.protocol], [AF.UNIX, type, 0]);
          assert.equal(getsockopt(end, SO.TYPE), type);
        }
        assert.notEqual(left.fd, right.fd);
        for (const [from, to] of [
          [left, right],
          [right, left],
        ] as const) {
          send(from, Buffer.from("ping"));
          const buffer = Buffer.alloc(8);
          assert.equal(recv(to, buffer), 4);
          assert.equal(buffer.toString("utf8", 0, 4), "ping");
        }
      }
    },
  },
  {
    clause: "SOCK_STREAM is a stream of bytes; SOCK_DGRAM and SOCK_SEQPACKET keep the bounds of messages",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of types) {
        const [left, right] = fixture.pair(type);
        for (const text of ["ab", "cd"]) send(left, Buffer.from(text));
        assert.equal(recv(right, new Uint8Array(8)), type === SOCK.STREAM ? 4 : 2);
      }
    },
  },
  {
    clause: "the descriptors are the two lowest that are not open",
    source: `${POSIX}, DESCRIPTION; XSH 2.14, File Descriptor Allocation`,
    except: { windows: "its pairs are TCP connections: bound, of IPPROTO_TCP, made with a listener" },
    run(fixture) {
      const [first, second] = [fixture.tcp(), fixture.tcp()];
      const fds = [first.fd, second.fd];
      close(first);
      close(second);
      assert.deepEqual(
        fixture.pair().map((end) => end.fd),
        fds,
      );
    },
  },
  {
    clause: "each end is a socket of its own: one that is closed or shut down is the other's end of data",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair();
      shutdown(left, SHUT.WR);
      assert.equal(recv(right, new Uint8Array(1)), 0);
      const [near, far] = fixture.pair(SOCK.SEQPACKET);
      close(near);
      assert.equal(far.closed, false);
      assert.equal(recv(far, new Uint8Array(1)), 0);
    },
  },
  {
    clause: "the flags are set on both ends, by the call itself",
    source: "socketpair(2); socket(2), SOCK_NONBLOCK",
    run(fixture) {
      for (const end of fixture.pair(SOCK.STREAM, { nonblocking: true })) {
        assertFails(tryRecv(end, new Uint8Array(1)), "WouldBlock", "EAGAIN");
        assert.equal(end.type, SOCK.STREAM);
      }
    },
  },
  {
    clause: "close-on-exec by default",
    source: "socket(2), SOCK_CLOEXEC; berkeley",
    script: {},
    play(system) {
      socketpair(AF.UNIX, SOCK.DGRAM, 0, { system }).forEach(close);
      socketpair(AF.UNIX, SOCK.DGRAM, 0, { system, closeOnExec: false, nonblocking: true }).forEach(close);
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("socketpair")),
        [
          `socketpair(${AF.UNIX}, ${SOCK.DGRAM}, 0, ${CLOSE_ON_EXEC})`,
          `socketpair(${AF.UNIX}, ${SOCK.DGRAM}, 0, ${NONBLOCKING})`,
        ],
      );
    },
  },
  {
    clause: "EAFNOSUPPORT: the system does not support the address family",
    source: `${POSIX}, ERRORS; socketpair(2)`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run() {
      for (const domain of [AF.UNSPEC, 47]) {
        assertFails(trySocketpair(domain, SOCK.STREAM), "AddressFamilyNotSupported", "EAFNOSUPPORT");
      }
    },
  },
  {
    clause: "EMFILE: fewer than two descriptors are left; the one that was is left again",
    source: `${POSIX}, ERRORS; socketpair(2)`,
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run() {
      runWithDescriptors(100, new URL("./descriptor-limit.child.js", import.meta.url));
    },
  },
  {
    clause: "EOPNOTSUPP: the protocol cannot make pairs",
    source: `${POSIX}, ERRORS; socketpair(2); sock_no_socketpair in net/core/sock.c`,
    except: { windows: "there TCP can (socketpair.ts)" },
    run() {
      for (const domain of [AF.INET, AF.INET6]) {
        for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
          const error = assertFails(trySocketpair(domain, type), "OperationNotSupported", "EOPNOTSUPP");
          assert.match(error.message, /AF\.UNIX can/);
        }
      }
    },
  },
  {
    clause: "EPROTONOSUPPORT: the address family does not have the protocol",
    source: `${POSIX}, ERRORS; socketpair(2)`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run() {
      assertFails(
        trySocketpair(AF.UNIX, SOCK.STREAM, IPPROTO.TCP),
        "ProtocolNotSupported",
        "EPROTONOSUPPORT",
      );
    },
  },
  {
    clause: "EPROTOTYPE, on Linux ESOCKTNOSUPPORT: the type is not supported",
    source: `${POSIX}, ERRORS; unix_create in net/unix/af_unix.c`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run() {
      assertFails(trySocketpair(AF.UNIX, SOCK.RDM), "SocketTypeNotSupported", "ESOCKTNOSUPPORT");
    },
  },
  {
    clause: "EINVAL: a type or a flag that the system does not know",
    source: "__sys_socketpair in net/socket.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run() {
      for (const type of [11, SOCK.STREAM | 0x100000]) {
        assertFails(trySocketpair(AF.UNIX, type), "InvalidArgument", "EINVAL");
      }
    },
  },
  {
    clause: "a failure makes no Socket",
    source: `${POSIX}, RETURN VALUE`,
    script: { socketpair: [-24] },
    play(system) {
      assertFails(trySocketpair(AF.UNIX, SOCK.STREAM, 0, { system }), "ProcessFdQuotaExceeded", "EMFILE");
      assert.equal(system.calls.length, 1);
    },
  },
  {
    clause: "an argument that is not a C int is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      for (const bad of [Number.NaN, 0.5, 2 ** 31]) {
        assert.throws(() => socketpair(bad, 1, 0, { system }), RangeError);
        assert.throws(() => socketpair(1, bad, 0, { system }), RangeError);
        assert.throws(() => socketpair(1, 1, bad, { system }), RangeError);
      }
      // @ts-expect-error a domain is a number
      assert.throws(() => socketpair("1", 1, 0, { system }), TypeError);
      assert.deepEqual(system.calls, []);
    },
  },
  ...documentedErrors(socketpairErrors, (system) => trySocketpair(AF.UNIX, SOCK.STREAM, 0, { system })),
]);

test(
  "socketpair throws what trySocketpair returns, with the caller's stack",
  except({ windows: "it is about Linux's kernel, or socketpair()'s unix sockets" }),
  () => {
    assert.throws(
      () => {
        socketpair(AF.INET, SOCK.STREAM);
      },
      (error: unknown) => {
        assert.ok(isSocketpairError(error));
        assert.equal(error.name, "OperationNotSupported");
        assert.match(error.stack?.split("\n")[1] ?? "", /socketpair\.test\./);
        return true;
      },
    );
  },
);
