import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { closedSocket } from "../../test/closed-rows.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { controlLimitOfMusl } from "../../test/platform.ts";
import { runWithDescriptors } from "../../test/program.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import type { MessageHeader, ValueResult } from "../system/system.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { poll } from "./poll.ts";
import type { MessageBuffers } from "./received-message.ts";
import { recv } from "./recv.ts";
import { isRecvmsgError, recvmsg, recvmsgErrors, tryRecvmsg } from "./recvmsg.ts";
import { send } from "./send.ts";
import { sendmsg } from "./sendmsg.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX recvmsg(3p)";
const LINUX = "recv(2)";
const EINTR = errnoOf("EINTR");
const hello = Buffer.from("hello");
const unspecified = { family: "unspecified" } as const;

const buffer = (length = 16, controlLength?: number): MessageBuffers => ({
  data: [Buffer.alloc(length)],
  controlLength,
});

/** Sends this many descriptors, with a byte. */
function sendRights(fixture: Fixture, count: number): ReturnType<Fixture["socket"]> {
  const [left, right] = fixture.pair(SOCK.DGRAM);
  const descriptors = Array<number>(count).fill(left.fd);
  sendmsg(left, { data: [hello], control: [{ type: "SCM_RIGHTS", descriptors }] });
  return right;
}

conformance("recvmsg", [
  {
    clause: "receives a message from a connection-mode or a connectionless socket, and its source",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        send(left, hello);
        assert.deepEqual(recvmsg(right, buffer()), { bytes: 5, address: unspecified, control: [], flags: 0 });
      }
      const [receiver, sender] = [fixture.udp(), fixture.udp()];
      for (const bound of [receiver, sender]) bind(bound, loopback);
      sendto(sender, hello, 0, getsockname(receiver));
      const message = recvmsg(receiver, buffer());
      assert.deepEqual(message, { bytes: 5, address: getsockname(sender), control: [], flags: 0 });
      const [from, to] = [1, 2].map(() => fixture.socket(AF.UNIX, SOCK.DGRAM));
      assert.ok(from !== undefined && to !== undefined);
      for (const bound of [from, to]) bind(bound, fixture.abstractAddress());
      sendto(from, hello, 0, getsockname(to));
      assert.deepEqual(recvmsg(to, buffer()).address, getsockname(from));
    },
  },
  {
    clause: "the data is scattered: each piece is filled before the next, and what is around them stays",
    source: `${POSIX}, DESCRIPTION, msg_iov`,
    run(fixture) {
      const [left, right] = fixture.pair();
      const memory = Buffer.from("..................");
      const data = [
        memory.subarray(9, 11),
        memory.subarray(2, 2),
        memory.subarray(2, 5),
        memory.subarray(14),
      ];
      send(left, Buffer.from("abcdefg"));
      assert.equal(recvmsg(right, { data }).bytes, 7);
      assert.equal(memory.toString(), "..cde....ab...fg..");
    },
  },
  {
    clause: "1024 pieces, of any length, also 0",
    source: `${POSIX}, DESCRIPTION, msg_iovlen; UIO_MAXIOV in include/uapi/linux/uio.h`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      // Small arrays, which V8 may keep on its heap, where the garbage collector moves them.
      const data = Array.from({ length: 1024 }, (_, at) => new Uint8Array(at % 4));
      const sent = Buffer.from(Array.from({ length: 1536 }, (_, at) => at % 251));
      send(left, sent);
      assert.equal(recvmsg(right, { data }).bytes, 1536);
      assert.deepEqual(Buffer.concat(data), sent);
    },
  },
  {
    clause: "no buffers: a datagram is lost with MSG_TRUNC, a stream's data stays",
    source: `${POSIX}, DESCRIPTION; tcp_recvmsg_locked in net/ipv4/tcp.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const data of [[], [new Uint8Array(0)]]) {
        const [left, right] = fixture.pair(SOCK.DGRAM);
        send(left, hello);
        assert.deepEqual(recvmsg(right, { data }), {
          bytes: 0,
          address: unspecified,
          control: [],
          flags: MSG.TRUNC,
        });
        assertFails(tryRecvmsg(right, buffer(), MSG.DONTWAIT), "WouldBlock");
        const { client, server } = fixture.connection();
        send(client, hello);
        poll([{ socket: server, events: POLL.IN }], 5000);
        assert.equal(recvmsg(server, { data }).bytes, 0);
        assert.equal(recv(server, new Uint8Array(16)), 5);
      }
    },
  },
  {
    clause: "MSG_TRUNC in the flags where a message was longer than the buffers; the rest of it is lost",
    source: `${POSIX}, DESCRIPTION, msg_flags`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        for (const text of ["abcdef", "gh"]) send(left, Buffer.from(text));
        const { bytes, flags } = recvmsg(right, buffer(4));
        assert.deepEqual([bytes, flags], [4, MSG.TRUNC]);
        assert.equal(recvmsg(right, buffer(4)).bytes, 2);
      }
    },
  },
  {
    clause: "MSG_TRUNC as a flag returns the full length, and nothing is written past the buffer",
    source: `${LINUX}, MSG_TRUNC`,
    except: { windows: "MSG_TRUNC is no flag to give to Winsock: nothing tells the real length" },
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      sendto(fixture.udp(), hello, 0, getsockname(receiver));
      const memory = Buffer.from("......");
      const { bytes, flags } = recvmsg(receiver, { data: [memory.subarray(1, 3)] }, MSG.TRUNC);
      assert.deepEqual([bytes, flags, memory.toString()], [5, MSG.TRUNC, ".he..."]);
    },
  },
  {
    clause: "MSG_PEEK leaves the message, and its descriptors too",
    source: `${POSIX}, DESCRIPTION, MSG_PEEK; unix_peek_fds in net/unix/af_unix.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const right = sendRights(fixture, 1);
      for (const flags of [MSG.PEEK, MSG.PEEK, 0]) {
        const message = recvmsg(right, buffer(), flags);
        assert.equal(message.bytes, 5);
        const [rights] = message.control;
        assert.ok(rights?.type === "SCM_RIGHTS" && rights.descriptors.length === 1);
        for (const descriptor of rights.descriptors) fixture.own(descriptor);
      }
      assertFails(tryRecvmsg(right, buffer(), MSG.DONTWAIT), "WouldBlock");
    },
  },
  {
    clause: "MSG_WAITALL fills all the pieces of a stream; MSG_OOB is set in the flags",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      for (const text of ["ab", "cde"]) send(client, Buffer.from(text));
      const data = [Buffer.alloc(2), Buffer.alloc(3)];
      assert.equal(recvmsg(server, { data }, MSG.WAITALL).bytes, 5);
      assert.equal(Buffer.concat(data).toString(), "abcde");
      send(client, Buffer.from("!"), MSG.OOB);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      const { bytes, flags } = recvmsg(server, buffer(), MSG.OOB);
      assert.deepEqual([bytes, flags], [1, MSG.OOB]);
    },
  },
  {
    clause: "the end of a stream is 0 bytes, and so is an empty message",
    source: `${POSIX}, RETURN VALUE`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair();
      shutdown(left, SHUT.WR);
      assert.equal(recvmsg(right, buffer()).bytes, 0);
      const [from, to] = fixture.pair(SOCK.DGRAM);
      sendmsg(from, { data: [] });
      assert.deepEqual(recvmsg(to, buffer()), { bytes: 0, address: unspecified, control: [], flags: 0 });
    },
  },
  {
    clause:
      "MSG_CTRUNC: the room is too small. Nothing leaks, and the error says how " +
      "much there was, and is enough",
    source: `${POSIX}, DESCRIPTION, msg_flags; scm_detach_fds in net/core/scm.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      // A header has 16 bytes, each descriptor four.
      for (const controlLength of [0, 1, 15, 16, 19, 20, 23, 24, 27, 31, 35]) {
        const right = sendRights(fixture, 5);
        const before = openDescriptors();
        const error = assertFails(
          tryRecvmsg(right, buffer(16, controlLength)),
          "ControlTruncated",
          "EMSGSIZE",
        );
        assert.deepEqual(openDescriptors(), before, `room of ${controlLength} bytes`);
        assert.match(
          error.message,
          new RegExp(`control buffer was ${controlLength} bytes; 1888 bytes, the default`),
        );
        assertFails(tryRecvmsg(right, buffer(), MSG.DONTWAIT), "WouldBlock");
      }
      const [rights] = recvmsg(sendRights(fixture, 5), buffer(16, 36)).control;
      assert.ok(rights?.type === "SCM_RIGHTS" && rights.descriptors.length === 5);
      for (const descriptor of rights.descriptors) fixture.own(descriptor);
    },
  },
  {
    clause: "MSG_CTRUNC without descriptors: credentials that do not fit",
    source: "put_cmsg in net/core/scm.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      setsockopt(right, SO.PASSCRED, true);
      for (const controlLength of [0, 8, 16, 27]) {
        send(left, hello);
        assertFails(tryRecvmsg(right, buffer(16, controlLength)), "ControlTruncated", "EMSGSIZE");
      }
      send(left, hello);
      assert.equal(recvmsg(right, buffer(16, 28)).control.length, 1);
    },
  },
  {
    clause: "the default control buffer holds the most that a message can carry",
    source: "berkeley; scm_recv in net/core/scm.c",
    except: { windows: "its socketpair() makes TCP connections only", musl: controlLimitOfMusl },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      for (const option of [SO.PASSCRED, SO.TIMESTAMPNS, SO.RXQ_OVFL]) setsockopt(right, option, true);
      const descriptors = Array<number>(253).fill(left.fd);
      sendmsg(left, { data: [hello], control: [{ type: "SCM_RIGHTS", descriptors }] });
      const before = openDescriptors().length;
      const { control } = recvmsg(right, buffer());
      assert.equal(openDescriptors().length, before + 253);
      const rights = control.find(({ type }) => type === "SCM_RIGHTS");
      assert.ok(rights?.type === "SCM_RIGHTS");
      for (const descriptor of rights.descriptors) close(descriptor);
      assert.equal(openDescriptors().length, before);
    },
  },
  {
    clause:
      "EMFILE: fewer descriptors are left than arrive. Nothing leaks, and it is not " +
      "said to be for lack of room",
    source: "scm_detach_fds in net/core/scm.c",
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run: () => void runWithDescriptors(100, new URL("./recvmsg-last-descriptor.child.js", import.meta.url)),
  },
  {
    clause: "EMFILE where room for exactly one descriptor is left, and ControlTruncated with a byte less",
    source: "scm_detach_fds in net/core/scm.c",
    except: { windows: "its control messages have another length" },
    script: {},
    play() {
      for (const [left, name] of [
        [24, "ProcessFdQuotaExceeded"],
        [23, "ControlTruncated"],
      ] as const) {
        const system = scripted({
          recvmsg: [
            (_fd, message) => {
              if (message.control) message.control.length = 64 - left;
              message.control?.bytes.fill(0);
              message.flags = MSG.CTRUNC;
              return 0;
            },
          ],
        });
        using receiver = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
        assertFails(tryRecvmsg(receiver, buffer(16, 64)), name);
      }
    },
  },
  {
    clause: "a torn control buffer is refused, and the descriptors before the tear are closed",
    source: "berkeley",
    script: {},
    play() {
      const system = scripted({
        recvmsg: [
          (_fd, { control }) => {
            control?.view.setBigUint64(0, 24n, true);
            control?.view.setInt32(8, 1, true);
            control?.view.setInt32(12, 1, true);
            control?.view.setInt32(16, 2001, true);
            control?.view.setInt32(20, 2002, true);
            control?.view.setBigUint64(24, 2n ** 40n, true);
            if (control) control.length = 48;
            return 1;
          },
        ],
        getsockopt: [-88],
      });
      using receiver = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
      assertFails(tryRecvmsg(receiver, buffer()), "ControlTruncated", "EMSGSIZE");
      const closed = system.calls.filter((call) => call.startsWith("close"));
      assert.deepEqual(closed, ["close(2001)", "close(2002)"]);
    },
  },
  {
    clause: "a control length that claims more than the buffer is not read past its end",
    source: "berkeley",
    script: {},
    play() {
      const system = scripted({
        recvmsg: [
          (_fd, { control }) => {
            if (control) control.length = 0x7fffffff;
            return 0;
          },
        ],
      });
      using receiver = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
      assertFails(tryRecvmsg(receiver, buffer()), "ControlTruncated", "EMSGSIZE");
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
      send(client, hello);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryRecvmsg(client, buffer()), "ConnectionRefused", "ECONNREFUSED");
      assertFails(tryRecvmsg(client, buffer(), MSG.DONTWAIT), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "ECONNRESET: the peer reset the connection",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)" },
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryRecvmsg(client, buffer()), "ConnectionResetByPeer", "ECONNRESET");
    },
  },
  {
    clause:
      "EAGAIN: no data waits, and the socket does not block, MSG_DONTWAIT is set, or SO_RCVTIMEO is over",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      assertFails(tryRecvmsg(fixture.udp({ nonblocking: true }), buffer()), "WouldBlock", "EAGAIN");
      const udp = fixture.udp();
      assertFails(tryRecvmsg(udp, buffer(), MSG.DONTWAIT), "WouldBlock", "EAGAIN");
      assertFails(tryRecvmsg(udp, buffer(), MSG.ERRQUEUE), "WouldBlock", "EAGAIN");
      setsockopt(udp, SO.RCVTIMEO, 1);
      assertFails(tryRecvmsg(udp, buffer()), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EINVAL and EOPNOTSUPP: MSG_OOB, and no out-of-band data waits, or the socket has none",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine waits for out-of-band data; Windows says WSAEINVAL (recv, WSAEINVAL)" },
    run(fixture) {
      const { server } = fixture.connection();
      assertFails(tryRecvmsg(server, buffer(), MSG.OOB), "InvalidArgument", "EINVAL");
      const [left] = fixture.pair(SOCK.DGRAM);
      assertFails(tryRecvmsg(left, buffer(), MSG.OOB), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "ENOTCONN: a connection-mode socket is not connected",
    source: `${POSIX}, ERRORS`,
    run(fixture) {
      assertFails(tryRecvmsg(fixture.tcp(), buffer()), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "EBADF and ENOTSOCK: the descriptor is not open, or no socket",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const udp = fixture.udp();
      closeDescriptor(udp.fd);
      assertFails(tryRecvmsg(udp, buffer()), "BadFileDescriptor", "EBADF");
      udp.detach();
      const file = openSync("/dev/null", "r");
      assertFails(tryRecvmsg(file, buffer()), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  closedSocket((socket) => tryRecvmsg(socket, buffer())),
  {
    clause: "EINTR never reaches the caller: the call is retried, with the same buffers",
    source: `${POSIX}, ERRORS; signal(7)`,
    except: { windows: "Windows has no MSG_CMSG_CLOEXEC" },
    script: {
      recvmsg: [
        -EINTR,
        -EINTR,
        (_fd, { address, control }) => {
          assert.deepEqual([address?.length, control?.length], [128, 64]);
          if (address) address.length = 0;
          if (control) control.length = 0;
          return 5;
        },
      ],
    },
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const message = recvmsg(udp, buffer(16, 64));
      assert.deepEqual(message, { bytes: 5, address: unspecified, control: [], flags: 0 });
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("recvmsg")),
        Array(3).fill(`recvmsg(1000, ${MSG.CMSG_CLOEXEC})`),
      );
    },
  },
  {
    clause:
      "MSG_CMSG_CLOEXEC is always set, and the call retried without it if a family " +
      "other than AF_UNIX rejects it",
    source: "berkeley; packet_recvmsg in net/packet/af_packet.c",
    except: { windows: "Windows has no AF_PACKET" },
    script: { recvmsg: [-22] },
    play(system) {
      const domains = [AF.PACKET, AF.UNIX].map((domain) => {
        const getsockopt = (_fd: number, _level: number, name: number, value: ValueResult) => {
          value.view.setInt32(0, name === SO.DOMAIN.numberOn(system)?.number ? domain : SOCK.DGRAM, true);
          return 0;
        };
        using receiver = socket(domain, SOCK.DGRAM, 0, { system: { ...system, getsockopt } });
        const before = system.calls.length;
        assertFails(tryRecvmsg(receiver, buffer(), MSG.PEEK), "InvalidArgument", "EINVAL");
        return system.calls.slice(before).map((call) => call.replace(/\d+, /, ""));
      });
      const asked = `recvmsg(${MSG.CMSG_CLOEXEC | MSG.PEEK})`;
      assert.deepEqual(domains, [[asked, `recvmsg(${MSG.PEEK})`], [asked]]);
    },
  },
  {
    clause: "what the system gets: the pieces themselves, and buffers for an address and control messages",
    source: "berkeley",
    script: {},
    play() {
      const headers: MessageHeader[] = [];
      const system = scripted({
        recvmsg: [
          (_fd, message) => {
            headers.push({ ...message });
            if (message.control) message.control.length = 0;
            return 0;
          },
        ],
      });
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const given = buffer(16, 0);
      recvmsg(udp, given);
      recvmsg(udp, buffer(16, 1 << 20));
      assert.ok(headers[0]?.data[0] === given.data[0], "they are not copied");
      assert.equal(headers[0]?.control, null);
      assert.equal(headers[1]?.control?.capacity, 1 << 20);
    },
  },
  {
    clause: "malformed buffers are rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      for (const bad of [null, hello, {}, { data: hello }, { data: [1] }, { data: [], controlLength: "1" }]) {
        // @ts-expect-error a value from an untyped program
        assert.throws(() => recvmsg(udp, bad), TypeError);
      }
      for (const controlLength of [-1, 0.5, Number.NaN, (1 << 20) + 1, 2 ** 31]) {
        assert.throws(() => recvmsg(udp, buffer(1, controlLength)), RangeError);
      }
      const pieces = Array<Uint8Array>(1025).fill(new Uint8Array(1));
      assert.throws(() => recvmsg(udp, { data: pieces }), RangeError);
      assert.throws(() => recvmsg(udp, buffer(), 0.5), RangeError);
      assert.ok(!system.calls.some((call) => call.startsWith("recvmsg")));
    },
  },
  {
    clause: "returns the message, and as tryRecvmsg a Result of it",
    source: `${POSIX}, RETURN VALUE`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      send(left, hello);
      assert.equal(assertOk(tryRecvmsg(right, buffer())).bytes, 5);
    },
  },
  ...winsockRows("recvmsg", (socket) => tryRecvmsg(socket, { data: [new Uint8Array(1)], controlLength: 0 })),
  ...documentedErrors(recvmsgErrors, (system) => {
    using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryRecvmsg(udp, buffer());
  }),
]);

test("recvmsg throws what tryRecvmsg returns, with the caller's stack", () => {
  using tcp = socket(AF.INET, SOCK.STREAM);
  assert.throws(
    () => {
      recvmsg(tcp, buffer());
    },
    (error: unknown) => {
      assert.ok(isRecvmsgError(error));
      assert.deepEqual([error.name, error.syscall], ["SocketNotConnected", "recvmsg"]);
      assert.match(error.stack?.split("\n")[1] ?? "", /recvmsg\.test\./);
      return true;
    },
  );
});
