import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectNode, createServer as createNetServer, type Socket as NetSocket } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoHere } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { descriptorsHidden, httpServersHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { winsockRows } from "../../test/winsock.ts";
import { rawOption } from "../options/raw.ts";
import { SCTP } from "../options/sctp.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import type { ValueResult } from "../system/value-result.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, IPPROTO, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt, getsockoptErrors, isGetsockoptError, tryGetsockopt } from "./getsockopt.ts";
import { poll } from "./poll.ts";
import { send } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX getsockopt(3p)";

conformance("getsockopt", [
  {
    clause: "gives the value of an option at the socket level",
    source: `${POSIX}, DESCRIPTION`,
    run: (fixture) => assert.equal(getsockopt(fixture.tcp(), SO.TYPE), SOCK.STREAM),
  },
  {
    clause: "gives the value of an option of a protocol",
    source: `${POSIX}, DESCRIPTION`,
    run: (fixture) => assert.equal(getsockopt(fixture.tcp(), TCP.NODELAY), false),
  },
  {
    clause: "a value longer than the buffer for it is silently truncated",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Winsock says WSAEFAULT (getsockopt)" },
    run(fixture) {
      const socket = fixture.tcp();
      setsockopt(socket, SO.LINGER, { on: true, seconds: 3 });
      const SOL_SOCKET = 1;
      const SO_LINGER = 13;
      assert.deepEqual(getsockopt(socket, rawOption(SOL_SOCKET, SO_LINGER, 4)), Uint8Array.of(1, 0, 0, 0));
    },
  },
  {
    clause: "a boolean option is 0 or not 0 in C: a boolean here",
    source: `${POSIX}, DESCRIPTION; socket(7)`,
    script: {
      getsockopt: [
        (_fd: number, _level: number, _name: number, value: ValueResult) => {
          value.ints[0] = 64;
          return 0;
        },
      ],
    },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.equal(getsockopt(client, SO.REUSEADDR), true);
    },
  },
  {
    clause: "SO_ERROR gives the pending error, and clears it",
    source: "POSIX 2.10.16; sock_error in include/net/sock.h",
    except: { wine: "Wine does not clear it; Windows does (getsockopt, SO_ERROR)" },
    run(fixture) {
      const gone = fixture.udp();
      bind(gone, loopback);
      const address = getsockname(gone);
      close(gone);
      const client = fixture.udp();
      connect(client, address);
      send(client, new Uint8Array(1));
      poll([{ socket: client, events: 0 }], 5000);
      assert.equal(getsockopt(client, SO.ERROR)?.name, "ConnectionRefused");
      assert.equal(getsockopt(client, SO.ERROR), null);
    },
  },
  {
    clause: "SO_LINGER, SO_RCVTIMEO and SO_SNDTIMEO are structures: an object, and milliseconds",
    source: "POSIX 2.10.16",
    run(fixture) {
      const socket = fixture.tcp();
      assert.deepEqual(getsockopt(socket, SO.LINGER), { on: false, seconds: 0 });
      assert.equal(getsockopt(socket, SO.RCVTIMEO), 0);
      assert.equal(getsockopt(socket, SO.SNDTIMEO), 0);
    },
  },
  {
    clause: "an option that the protocol does not have is OptionNotSupported",
    source: `${POSIX}, ENOPROTOOPT`,
    run(fixture) {
      assertFails(
        tryGetsockopt(fixture.tcp(), rawOption(IPPROTO.TCP, 9999)),
        "OptionNotSupported",
        "ENOPROTOOPT",
      );
    },
  },
  {
    clause: "a level that the socket does not have is OptionNotSupported too",
    source: "udp_getsockopt, unix_stream_ops: EOPNOTSUPP",
    except: { windows: "Winsock says WSAEINVAL of a level (getsockopt, WSAEINVAL)" },
    run(fixture) {
      for (const other of [fixture.udp(), fixture.pair()[0]]) {
        assertFails(tryGetsockopt(other, TCP.NODELAY), "OptionNotSupported", "EOPNOTSUPP");
      }
    },
  },
  {
    clause: "an option that the system lacks is OptionNotSupported, without a call",
    source: "DESIGN: Options",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system: { ...system, options: {} } });
      const before = system.calls.length;
      assertFails(tryGetsockopt(client, SO.COOKIE), "OptionNotSupported", "ENOPROTOOPT");
      assert.equal(system.calls.length, before);
    },
  },
  {
    clause: "a length that the option does not take is InvalidArgument",
    source: `${POSIX}, EINVAL; SO_NETNS_COOKIE in sk_getsockopt`,
    run(fixture) {
      const SOL_SOCKET = 1;
      const SO_NETNS_COOKIE = 71;
      const result = tryGetsockopt(fixture.tcp(), rawOption(SOL_SOCKET, SO_NETNS_COOKIE, 7));
      if (!result.ok && result.error.name === "OptionNotSupported") fixture.skip("it takes Linux 5.14");
      else assertFails(result, "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "EINVAL is allowed on a socket that is shut down: on Linux its options can still be read",
    source: `${POSIX}, ERRORS (may fail)`,
    run(fixture) {
      const { client } = fixture.connection();
      shutdown(client, SHUT.RDWR);
      assert.equal(getsockopt(client, TCP.NODELAY), false);
    },
  },
  {
    clause: "options about the peer fail with SocketNotConnected if there is none",
    source: "ip(7), IP_MTU: ENOTCONN",
    except: { windows: "it reads options of Linux: SO_PEERCRED and its like" },
    run(fixture) {
      const IP_MTU = 14;
      assertFails(
        tryGetsockopt(fixture.udp(), rawOption(IPPROTO.IP, IP_MTU, 4)),
        "SocketNotConnected",
        "ENOTCONN",
      );
    },
  },
  {
    clause: "credentials of a peer that is not there are NotFound",
    source: "SO_PEERGROUPS in sk_getsockopt: ENODATA",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const alone = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(tryGetsockopt(alone, SO.PEERGROUPS), "NotFound", "ENODATA");
    },
  },
  {
    clause: "if the buffer is too short and ERANGE reports the size, it retries with that size",
    source: "SO_PEERGROUPS in sk_getsockopt; security_socket_getpeersec_stream",
    script: { getsockopt: [longerThanAsked, longerThanAsked] },
    play(system) {
      using client = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      const before = system.calls.length;
      const groups = getsockopt(client, SO.PEERGROUPS);
      assert.equal(system.calls.length - before, 2);
      assert.equal(groups.length, 65_536, "NGROUPS_MAX");
      assert.deepEqual([groups[0], groups.at(-1)], [7, 7]);
    },
  },
  {
    clause: "ERANGE again is InvalidArgument: it asks twice at most",
    source: "the call's error set",
    script: {
      getsockopt: [
        (_fd: number, _level: number, _name: number, value: ValueResult) => {
          value.length = 5000;
          return -34;
        },
      ],
    },
    play(system) {
      using client = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      const before = system.calls.length;
      assertFails(tryGetsockopt(client, SO.PEERGROUPS), "InvalidArgument", "ERANGE");
      assert.equal(system.calls.length - before, 2);
    },
  },
  {
    clause: "a kernel that fills less of struct tcp_info leaves the later fields undefined",
    source: "do_tcp_getsockopt in net/ipv4/tcp.c; Linux 4.9 fills 192 bytes",
    script: {
      getsockopt: [
        (_fd: number, _level: number, _name: number, value: ValueResult) => {
          value.bytes.fill(0xff);
          value.length = 192;
          return 0;
        },
      ],
    },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      const info = getsockopt(client, TCP.INFO);
      assert.equal(info.sndbuf_limited, Number.POSITIVE_INFINITY);
      assert.deepEqual([info.snd_wscale, info.rcv_wscale, info.fastopen_client_fail], [15, 15, 3]);
      assert.equal(info.delivered, undefined);
      assert.equal(info.accecn_flags, undefined);
    },
  },
  {
    clause: "a descriptor that was closed behind our back is BadFileDescriptor",
    source: `${POSIX}, EBADF`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const socket = fixture.tcp();
      closeDescriptor(socket.fd);
      assertFails(tryGetsockopt(socket, SO.TYPE), "BadFileDescriptor", "EBADF");
    },
  },
  {
    clause: "a file is FileDescriptorNotASocket",
    source: `${POSIX}, ENOTSOCK`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryGetsockopt(file, SO.TYPE), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "a closed Socket is SocketClosed, and no call is made",
    source: "DESIGN: Zig's EBADF",
    except: { windows: "it expects a number of Linux" },
    script: {},
    play(system) {
      const client = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(client);
      const before = system.calls.length;
      const error = assertFails(tryGetsockopt(client, SO.TYPE), "SocketClosed", "EBADF");
      assert.equal(error.errno, -errnoHere("EBADF"));
      assert.equal(system.calls.length, before);
    },
  },
  ...winsockRows("getsockopt", (socket) => tryGetsockopt(socket, SO.KEEPALIVE)),
  ...documentedErrors(getsockoptErrors, (system) => {
    using client = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryGetsockopt(client, SO.TYPE);
  }),
]);

function longerThanAsked(_fd: number, _level: number, _name: number, value: ValueResult): number {
  const needed = 65_536 * 4;
  const fits = value.length >= needed && value.capacity >= needed;
  value.length = needed;
  if (!fits) return -34;
  value.ints.fill(7, 0, 65_536);
  return 0;
}

test("getsockopt throws what tryGetsockopt returns, with the caller's stack", () => {
  using client = socket(AF.INET, SOCK.STREAM);
  assert.throws(
    () => {
      getsockopt(client, rawOption(IPPROTO.TCP, 9999));
    },
    (error: unknown) => {
      assert.ok(isGetsockoptError(error));
      assert.equal(error.name, "OptionNotSupported");
      assert.match(error.stack?.split("\n")[1] ?? "", /getsockopt\.test\./);
      return true;
    },
  );
});

test("options of Node's own servers and sockets", except(descriptorsHidden), async () => {
  const server = createNetServer();
  assertFails(tryGetsockopt(server, SO.ACCEPTCONN), "SocketClosed");
  const accepted = new Promise<NetSocket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
  const client = connectNode(assertPort(server.address()), "127.0.0.1");
  const peer = await accepted;
  await new Promise<void>((resolve) => (client.connecting ? client.once("connect", resolve) : resolve()));
  client.setNoDelay(true);
  assert.equal(getsockopt(client, TCP.NODELAY), true);
  const info = getsockopt(client, TCP.INFO);
  assert.equal(info.state, 1);
  assert.ok(info.rtt > 0);
  assert.equal(getsockopt(peer, TCP.INFO).state, 1);
  client.destroy();
  peer.destroy();
  await new Promise((resolve) => server.close(resolve));
  assertFails(tryGetsockopt(client, TCP.INFO), "SocketClosed");
});

test("an http.Server is a server too", except(httpServersHidden), async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  setsockopt(server, TCP.DEFER_ACCEPT, 5);
  assert.equal(getsockopt(server, TCP.DEFER_ACCEPT), 7);
  await new Promise((resolve) => server.close(resolve));
});

test("a value that is not a socket is a TypeError, before any system call", () => {
  for (const value of [null, undefined, "3", {}, [], Symbol("s"), 3n]) {
    // @ts-expect-error not a socket
    assert.throws(() => getsockopt(value, SO.TYPE), TypeError);
  }
  for (const fd of [-1, 0.5, Number.NaN, 2 ** 31]) assert.throws(() => getsockopt(fd, SO.TYPE), RangeError);
});

function assertPort(address: ReturnType<ReturnType<typeof createNetServer>["address"]>): number {
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

test("a query is written before the call, and only where the option takes one", () => {
  const asked: number[] = [];
  const answer = (_fd: number, _level: number, _name: number, value: ValueResult) => {
    asked.push(value.view.getInt32(0, true), value.length);
    value.view.setUint32(4, 7, true);
    return 0;
  };
  const system = scripted({ getsockopt: [answer] });
  const made = socket(AF.INET, SOCK.DGRAM, IPPROTO.UDP, { system });
  assert.deepEqual(getsockopt(made, SCTP.CONTEXT, { assocId: 3 }), { assocId: 3, value: 7 });
  assert.deepEqual(getsockopt(made, SCTP.CONTEXT), { assocId: 0, value: 7 });
  assert.deepEqual(asked, [3, 8, 0, 8]);
  // @ts-expect-error it takes no query
  assert.throws(() => getsockopt(made, SO.TYPE, {}), {
    name: "TypeError",
    message: /SO_TYPE takes no query/,
  });
  const needed = { name: "TypeError", message: /SCTP_GET_PEER_ADDR_INFO can only be read with a query/ };
  // @ts-expect-error it needs one
  assert.throws(() => getsockopt(made, SCTP.GET_PEER_ADDR_INFO), needed);
  const wrong = { name: "RangeError", message: /^SCTP_CONTEXT: assocId must be/ };
  assert.throws(() => getsockopt(made, SCTP.CONTEXT, { assocId: -1 }), wrong);
  const closing = {
    get assocId() {
      close(made);
      return 3;
    },
  };
  assertFails(tryGetsockopt(made, SCTP.CONTEXT, closing), "SocketClosed");
  assert.equal(asked.length, 4);
});

test("a bound UDP socket's options", () => {
  using bound = socket(AF.INET, SOCK.DGRAM);
  bind(bound, loopback);
  assert.equal(assertOk(tryGetsockopt(bound, SO.PROTOCOL)), IPPROTO.UDP);
});
