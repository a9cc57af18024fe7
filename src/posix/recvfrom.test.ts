import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { poll } from "./poll.ts";
import { recvfrom, recvfromErrors, tryRecvfrom } from "./recvfrom.ts";
import { send } from "./send.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX recvfrom(3p)";
const LINUX = "recv(2)";
const EINTR = errnoOf("EINTR");
const scratch = () => Buffer.alloc(16);

conformance("recvfrom", [
  {
    clause: "gives the bytes of a message, and the address of its sender",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const [domain, address] of [
        [AF.INET, loopback],
        [AF.INET6, { family: "ipv6", address: "::1", port: 0 }],
        [AF.UNIX, undefined],
      ] as const) {
        const [receiver, sender] = [1, 2].map(() => {
          const datagram = fixture.socket(domain, SOCK.DGRAM);
          bind(datagram, address ?? fixture.abstractAddress());
          return datagram;
        });
        assert.ok(receiver !== undefined && sender !== undefined);
        sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
        const buffer = scratch();
        assert.deepEqual(recvfrom(receiver, buffer), { bytes: 5, address: getsockname(sender) });
        assert.equal(buffer.toString("latin1", 0, 5), "hello");
      }
    },
  },
  {
    clause: "the sender is not bound: a unix address is unspecified",
    source: "unix(7), BUGS; unix_copy_addr in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const receiver = fixture.socket(AF.UNIX, SOCK.DGRAM);
      bind(receiver, fixture.abstractAddress());
      sendto(fixture.socket(AF.UNIX, SOCK.DGRAM), Buffer.from("x"), 0, getsockname(receiver));
      assert.deepEqual(recvfrom(receiver, scratch()), { bytes: 1, address: { family: "unspecified" } });
    },
  },
  {
    clause: "a connection's protocol does not report the sender: unspecified, as on a connected stream",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("x"));
      assert.deepEqual(recvfrom(server, scratch()), { bytes: 1, address: { family: "unspecified" } });
      const [left, right] = fixture.pair();
      send(left, Buffer.from("x"));
      assert.deepEqual(recvfrom(right, scratch()), { bytes: 1, address: { family: "unspecified" } });
      shutdown(left, SHUT.WR);
      assert.deepEqual(recvfrom(right, scratch()), { bytes: 0, address: { family: "unspecified" } });
    },
  },
  {
    clause: "a connected datagram socket reports its peer",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const [receiver, sender] = [fixture.udp(), fixture.udp()];
      for (const datagram of [receiver, sender]) bind(datagram, loopback);
      connect(receiver, getsockname(sender));
      sendto(sender, Buffer.from("x"), 0, getsockname(receiver));
      assert.deepEqual(recvfrom(receiver, scratch()).address, getpeername(receiver));
    },
  },
  {
    clause: "MSG_PEEK and MSG_TRUNC: the data stays, its real length, and nothing past the buffer",
    source: `${POSIX}, DESCRIPTION; ${LINUX}, MSG_TRUNC`,
    except: { windows: "MSG_TRUNC is no flag to give to Winsock: nothing tells the real length" },
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      const sender = fixture.udp();
      sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
      const buffer = scratch();
      const peeked = recvfrom(receiver, buffer.subarray(0, 2), MSG.PEEK | MSG.TRUNC);
      assert.equal(peeked.bytes, 5);
      assert.equal(buffer.toString("latin1"), `he${"\0".repeat(14)}`);
      assert.deepEqual(recvfrom(receiver, buffer), peeked);
    },
  },
  {
    clause: "a pending error is reported once, then the data: ECONNREFUSED",
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
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryRecvfrom(client, scratch()), "ConnectionRefused", "ECONNREFUSED");
      assertFails(tryRecvfrom(client, scratch(), MSG.DONTWAIT), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause:
      "EAGAIN: no data waits, and the socket does not block, MSG_DONTWAIT is set, or SO_RCVTIMEO is over",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      assertFails(tryRecvfrom(fixture.udp({ nonblocking: true }), scratch()), "WouldBlock", "EAGAIN");
      const udp = fixture.udp();
      assertFails(tryRecvfrom(udp, scratch(), MSG.DONTWAIT), "WouldBlock", "EAGAIN");
      setsockopt(udp, SO.RCVTIMEO, 1);
      assertFails(tryRecvfrom(udp, scratch()), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EINVAL: MSG_OOB, and no out-of-band data waits; EOPNOTSUPP: the socket does not support a flag",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine waits for out-of-band data; Windows says WSAEINVAL (recv, WSAEINVAL)" },
    run(fixture) {
      const { server } = fixture.connection();
      assertFails(tryRecvfrom(server, scratch(), MSG.OOB), "InvalidArgument", "EINVAL");
      const [left] = fixture.pair(SOCK.DGRAM);
      assertFails(tryRecvfrom(left, scratch(), MSG.OOB), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "ENOTCONN, of a unix stream EINVAL: a connection-mode socket that is not connected",
    source: `${POSIX}, ERRORS; unix_stream_read_generic in net/unix/af_unix.c`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      assertFails(tryRecvfrom(fixture.tcp(), scratch()), "SocketNotConnected", "ENOTCONN");
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(tryRecvfrom(unix, scratch()), "SocketNotConnected", "EINVAL");
    },
  },
  {
    clause: "EBADF and ENOTSOCK: the descriptor is not open, or no socket",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const udp = fixture.udp();
      closeDescriptor(udp.fd);
      assertFails(tryRecvfrom(udp, scratch()), "BadFileDescriptor", "EBADF");
      udp.detach();
      const file = openSync("/dev/null", "r");
      assertFails(tryRecvfrom(file, scratch()), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "errors from routers",
    source: "icmp_err_convert in net/ipv4/icmp.c",
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./recv-network.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "bad flags are rejected before any system call; so is a closed Socket",
    source: "berkeley",
    script: {},
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assert.throws(() => recvfrom(udp, scratch(), 0.5), RangeError);
      close(udp);
      assertFails(tryRecvfrom(udp, scratch()), "SocketClosed", "EBADF");
      assert.ok(!system.calls.some((call) => call.startsWith("recv")));
    },
  },
  {
    clause: "EINTR never reaches the caller: recvfrom is retried, and gives the address of the last",
    source: `${POSIX}, ERRORS; signal(7)`,
    script: {
      recvfrom: [
        -EINTR,
        -EINTR,
        (_fd, _buffer, _flags, address) => {
          address.length = 0;
          return 5;
        },
      ],
    },
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assert.deepEqual(recvfrom(udp, scratch()), { bytes: 5, address: { family: "unspecified" } });
      assert.equal(system.calls.filter((call) => call.startsWith("recvfrom")).length, 3);
    },
  },
  {
    clause: "returns the bytes and the address, and as tryRecvfrom a Result of them",
    source: `${POSIX}, RETURN VALUE`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      send(left, Buffer.from("hello"));
      assert.equal(assertOk(tryRecvfrom(right, scratch())).bytes, 5);
      assert.throws(() => recvfrom(fixture.tcp(), scratch()), {
        name: "SocketNotConnected",
        syscall: "recvfrom",
      });
    },
  },
  ...winsockRows("recvfrom", (socket) => tryRecvfrom(socket, new Uint8Array(1))),
  ...documentedErrors(recvfromErrors, (system) => {
    using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryRecvfrom(udp, scratch());
  }),
]);
