import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors } from "../../test/conformance.ts";
import { httpServersHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { runProgram } from "../../test/program.ts";
import { winsockRows } from "../../test/winsock.ts";
import { rawOption } from "../options/raw.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { close } from "./close.ts";
import { AF, IPPROTO, SHUT, SOCK } from "./constants.ts";
import { getsockopt, tryGetsockopt } from "./getsockopt.ts";
import { isSetsockoptError, setsockopt, setsockoptErrors, trySetsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX setsockopt(3p)";
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;

conformance("setsockopt", [
  {
    clause: "sets an option at the socket level, and one of a protocol",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const socket = fixture.tcp();
      assert.equal(setsockopt(socket, SO.KEEPALIVE, true), undefined);
      assert.equal(assertOk(trySetsockopt(socket, TCP.NODELAY, true)), undefined);
      assert.equal(getsockopt(socket, SO.KEEPALIVE), true);
      assert.equal(getsockopt(socket, TCP.NODELAY), true);
    },
  },
  {
    clause: "an option that the protocol does not have is OptionNotSupported",
    source: `${POSIX}, ENOPROTOOPT; Zig InvalidProtocolOption`,
    run(fixture) {
      const unknown = rawOption(IPPROTO.TCP, 9999);
      assertFails(
        trySetsockopt(fixture.tcp(), unknown, new Uint8Array(4)),
        "OptionNotSupported",
        "ENOPROTOOPT",
      );
    },
  },
  {
    clause: "a level, or an option, that the socket's kind does not have is OptionNotSupported too",
    source: "sk_setsockopt in net/core/sock.c: EOPNOTSUPP",
    except: { windows: "Winsock says WSAEINVAL of a level (setsockopt, WSAEINVAL)" },
    run(fixture) {
      const [unix] = fixture.pair();
      assertFails(trySetsockopt(unix, TCP.NODELAY, true), "OptionNotSupported", "EOPNOTSUPP");
      assertFails(trySetsockopt(unix, SO.ZEROCOPY, true), "OptionNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "an option that the system lacks is OptionNotSupported, without a call",
    source: "DESIGN: Options",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system: { ...system, options: {} } });
      const before = system.calls.length;
      assertFails(trySetsockopt(client, SO.KEEPALIVE, true), "OptionNotSupported", "ENOPROTOOPT");
      assert.equal(system.calls.length, before);
    },
  },
  {
    clause: "a value that the option does not take is InvalidArgument",
    source: `${POSIX}, EINVAL; TCP_MAXSEG in do_tcp_setsockopt`,
    except: { windows: "Windows has no such option" },
    run: (fixture) =>
      void assertFails(trySetsockopt(fixture.tcp(), TCP.MAXSEG, 1), "InvalidArgument", "EINVAL"),
  },
  {
    clause: "EINVAL is allowed on a socket that is shut down: on Linux its options can still be set",
    source: `${POSIX}, EINVAL`,
    run(fixture) {
      const { client } = fixture.connection();
      shutdown(client, SHUT.RDWR);
      setsockopt(client, TCP.NODELAY, true);
    },
  },
  {
    clause: "a time-out whose microseconds are a second or more is TimeoutTooBig",
    source: `${POSIX}, EDOM; sock_set_timeout in net/core/sock.c`,
    except: { windows: "time-outs are milliseconds there (SOL_SOCKET Socket Options)" },
    run(fixture) {
      const timeval = new Uint8Array(BigInt64Array.of(0n, 1_000_000n).buffer);
      const result = trySetsockopt(fixture.tcp(), rawOption(SOL_SOCKET, SO_RCVTIMEO), timeval);
      assertFails(result, "TimeoutTooBig", "EDOM");
    },
  },
  {
    clause: "no time-out in milliseconds is too big: the kernel takes as its longest what it cannot count",
    source: "sock_set_timeout in net/core/sock.c",
    except: { windows: "a time-out is a DWORD there (SOL_SOCKET Socket Options)" },
    run(fixture) {
      const socket = fixture.tcp();
      for (const time of [1e9, 1e12, 2 ** 51 / 1000]) setsockopt(socket, SO.RCVTIMEO, time);
    },
  },
  {
    clause: "an interface that is not there is DeviceNotFound",
    source: "socket(7), SO_BINDTODEVICE; Zig NoDevice",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      assertFails(trySetsockopt(fixture.udp(), SO.BINDTODEVICE, "not-there"), "DeviceNotFound", "ENODEV");
    },
  },
  {
    clause: "NotFound, if what the value names, or what is to be removed, does not exist",
    source: "tcp_set_congestion_control in net/ipv4/tcp_cong.c; sk_detach_filter in net/core/filter.c",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const socket = fixture.tcp();
      assertFails(trySetsockopt(socket, TCP.CONGESTION, "not-there"), "NotFound", "ENOENT");
      assertFails(trySetsockopt(socket, SO.DETACH_FILTER, true), "NotFound", "ENOENT");
    },
  },
  {
    clause: "PermissionDenied, if the option is locked",
    source: "socket(7), SO_LOCK_FILTER",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const socket = fixture.tcp();
      setsockopt(socket, SO.LOCK_FILTER, true);
      assertFails(trySetsockopt(socket, SO.DETACH_FILTER, true), "PermissionDenied", "EPERM");
    },
  },
  {
    clause: "without the privilege: PermissionDenied, or AccessDenied of SO_DEBUG",
    source: "socket(7), SO_PRIORITY, SO_MARK; SO_DEBUG in sk_setsockopt: EACCES",
    run(fixture) {
      if (process.geteuid?.() !== 0) return fixture.skip("only root can give its privileges up");
      const printed = runProgram(new URL("./setsockopt-unprivileged.child.js", import.meta.url));
      assert.deepEqual(JSON.parse(printed), {
        SO_DEBUG: ["AccessDenied", "EACCES"],
        SO_MARK: ["PermissionDenied", "EPERM"],
        SO_PRIORITY: ["PermissionDenied", "EPERM"],
        SO_RCVBUFFORCE: ["PermissionDenied", "EPERM"],
        TCP_REPAIR: ["PermissionDenied", "EPERM"],
      });
    },
  },
  {
    clause: "a protocol on top of TCP takes a connection: SocketNotConnected or NotFound without one",
    source: "tls_init in net/tls/tls_main.c: ENOTCONN",
    except: { windows: "Windows has no TCP_ULP" },
    run(fixture) {
      const result = trySetsockopt(fixture.tcp(), TCP.ULP, "tls");
      assert.ok(!result.ok && ["SocketNotConnected", "NotFound"].includes(result.error.name));
    },
  },
  {
    clause: "a bad value is thrown before any call, on a closed socket too",
    source: "DESIGN: Bad input",
    script: {},
    play(system) {
      const client = socket(AF.INET, SOCK.STREAM, 0, { system });
      const before = system.calls.length;
      // @ts-expect-error a flag
      assert.throws(() => setsockopt(client, SO.KEEPALIVE, "yes"), TypeError);
      // @ts-expect-error a flag
      assert.throws(() => trySetsockopt(client, SO.KEEPALIVE, 1), TypeError);
      assert.throws(() => trySetsockopt(client, SO.RCVBUF, -1), RangeError);
      assert.equal(system.calls.length, before);
      close(client);
      // @ts-expect-error a flag
      assert.throws(() => setsockopt(client, SO.KEEPALIVE, "yes"), TypeError);
    },
  },
  {
    clause: "a descriptor that was closed behind our back is BadFileDescriptor",
    source: `${POSIX}, EBADF`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const socket = fixture.tcp();
      closeDescriptor(socket.fd);
      assertFails(trySetsockopt(socket, SO.KEEPALIVE, true), "BadFileDescriptor", "EBADF");
    },
  },
  {
    clause: "a file is FileDescriptorNotASocket",
    source: `${POSIX}, ENOTSOCK`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(trySetsockopt(file, SO.KEEPALIVE, true), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "a closed Socket is SocketClosed, and no call is made",
    source: "DESIGN: Zig's EBADF",
    script: {},
    play(system) {
      const client = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(client);
      const before = system.calls.length;
      assertFails(trySetsockopt(client, SO.KEEPALIVE, true), "SocketClosed", "EBADF");
      assert.equal(system.calls.length, before);
    },
  },
  ...winsockRows("setsockopt", (socket) => trySetsockopt(socket, SO.KEEPALIVE, true)),
  ...documentedErrors(setsockoptErrors, (system) => {
    using client = socket(AF.INET, SOCK.STREAM, 0, { system });
    return trySetsockopt(client, SO.KEEPALIVE, true);
  }),
]);

test(
  "setsockopt throws what trySetsockopt returns, with the caller's stack",
  except({ windows: "it sets an option of Linux's" }),
  () => {
    using client = socket(AF.INET, SOCK.STREAM);
    assert.throws(
      () => {
        setsockopt(client, TCP.CONGESTION, "not-there");
      },
      (error: unknown) => {
        assert.ok(isSetsockoptError(error));
        assert.equal(error.name, "NotFound");
        assert.match(error.stack?.split("\n")[1] ?? "", /setsockopt\.test\./);
        return true;
      },
    );
  },
);

test("options of Node's own servers and datagram sockets", except(httpServersHidden), async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  setsockopt(server, TCP.DEFER_ACCEPT, 5);
  assert.equal(getsockopt(server, TCP.DEFER_ACCEPT), 7);
  await new Promise((resolve) => server.close(resolve));
  assertFails(trySetsockopt(server, TCP.DEFER_ACCEPT, 5), "SocketClosed");

  const datagram = createSocket("udp4");
  await new Promise<void>((resolve) => datagram.bind(0, "127.0.0.1", resolve));
  assert.equal(getsockopt(datagram, SO.BROADCAST), false);
  setsockopt(datagram, SO.BROADCAST, true);
  assert.equal(getsockopt(datagram, SO.BROADCAST), true);
  datagram.setBroadcast(false);
  assert.equal(getsockopt(datagram, SO.BROADCAST), false);
  await new Promise<void>((resolve) => datagram.close(resolve));
});

test(
  "an error, and a bad value, say which option it was",
  except({ windows: "it sets an option of Linux's" }),
  () => {
    using datagram = socket(AF.INET, SOCK.DGRAM);
    const set = trySetsockopt(datagram, TCP.NODELAY, true);
    assert.match(assertFails(set, "OptionNotSupported").message, /^setsockopt E\w+ TCP_NODELAY: /);
    const get = tryGetsockopt(datagram, rawOption(IPPROTO.TCP, 9999));
    assert.match(assertFails(get, "OptionNotSupported").message, /^getsockopt E\w+ option 9999 of level 6: /);
    assert.throws(() => setsockopt(datagram, SO.RCVTIMEO, -1), {
      name: "RangeError",
      message: /^SO_RCVTIMEO: /,
    });
    // @ts-expect-error The compiler knows that SO_REUSEADDR is a boolean.
    const bad = () => setsockopt(datagram, SO.REUSEADDR, 1);
    assert.throws(bad, { name: "TypeError", message: /^SO_REUSEADDR: / });
  },
);
