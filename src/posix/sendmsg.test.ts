import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { firewallRow } from "../../test/firewall-row.ts";
import { loopback } from "../../test/fixture.ts";
import { controlLimitOfMusl, except } from "../../test/platform.ts";
import { runWithDescriptors } from "../../test/program.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import type { MessageHeader } from "../system/system.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { isSendmsgError, sendmsg, sendmsgErrors, trySendmsg } from "./sendmsg.ts";
import { setsockopt, trySetsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX sendmsg(3p)";
const LINUX = "sendmsg(2)";
const EINTR = errnoOf("EINTR");
const hello = [Buffer.from("hel"), Buffer.from("lo")];
const somewhere = { ...loopback, port: 9 };

/** Receives the next message as text. */
function next(socket: Parameters<typeof recv>[0]): string {
  const buffer = Buffer.alloc(8192);
  return buffer.toString("latin1", 0, recv(socket, buffer));
}

conformance("sendmsg", [
  {
    clause: "sends a message through a connection-mode or a connectionless socket",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        assert.equal(sendmsg(left, { data: hello }), 5);
        assert.equal(next(right), "hello");
      }
      const { client, server } = fixture.connection();
      assert.equal(sendmsg(client, { data: hello }), 5);
      assert.equal(next(server), "hello");
    },
  },
  {
    clause: "the data is gathered from the pieces, in order; the memory around them is not sent",
    source: `${POSIX}, DESCRIPTION, msg_iov`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const memory = Buffer.from("0123456789");
      const data = [memory.subarray(7, 9), memory.subarray(1, 4), memory.subarray(1, 2)];
      assert.equal(sendmsg(left, { data }), 6);
      assert.equal(next(right), "781231");
      assert.equal(memory.toString(), "0123456789");
    },
  },
  {
    clause: "1024 pieces, of any length, also 0",
    source: `${POSIX}, DESCRIPTION, msg_iovlen; UIO_MAXIOV in include/uapi/linux/uio.h`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      // Small arrays, which V8 may keep on its heap, where the garbage collector moves them.
      const data = Array.from({ length: 1024 }, (_, at) => new Uint8Array(at % 4).fill(at & 0xff));
      assert.equal(sendmsg(left, { data }), 1536);
      assert.equal(next(right), Buffer.concat(data).toString("latin1"));
    },
  },
  {
    clause: "EMSGSIZE: more pieces, and a length past an ssize_t, are rejected before any system call",
    source: `${POSIX}, ERRORS; berkeley`,
    script: {},
    play(system) {
      using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const piece = new Uint8Array(1);
      assert.throws(() => sendmsg(sender, { data: Array(1025).fill(piece) }), /1025 pieces; at most 1024/);
      const large = new Uint8Array(2 ** 30);
      assert.throws(() => sendmsg(sender, { data: [large, large] }), /at most 2147483647/);
      assert.ok(!system.calls.some((call) => call.startsWith("sendmsg")));
    },
  },
  {
    clause: "no piece, or empty ones: a message of no data; a stream sends nothing",
    source: "berkeley; unix_dgram_sendmsg and unix_stream_sendmsg in net/unix/af_unix.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const empty = new Uint8Array(0);
      for (const data of [[], [empty], [empty, empty]]) {
        const [left, right] = fixture.pair(SOCK.DGRAM);
        assert.equal(sendmsg(left, { data }), 0);
        assert.equal(recv(right, new Uint8Array(1)), 0);
        const [from, to] = fixture.pair();
        assert.equal(sendmsg(from, { data }), 0);
        assertFails(tryRecv(to, new Uint8Array(1), MSG.DONTWAIT), "WouldBlock");
      }
    },
  },
  {
    clause: "a connectionless socket sends to the address, instead of its peer; it is bound by that",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const [peer, other, sender] = [fixture.udp(), fixture.udp(), fixture.udp()];
      for (const bound of [peer, other]) bind(bound, loopback);
      sendmsg(sender, { address: getsockname(other), data: hello });
      assert.deepEqual(recvfrom(other, new Uint8Array(8)).address, {
        ...getsockname(sender),
        address: "127.0.0.1",
      });
      connect(sender, getsockname(peer));
      sendmsg(sender, { address: getsockname(other), data: hello });
      assert.equal(next(other), "hello");
      assert.deepEqual(getpeername(sender), getsockname(peer));
      sendmsg(sender, { data: hello });
      assert.equal(next(peer), "hello");
    },
  },
  {
    clause: "a connected TCP socket ignores the address; a unix stream says EISCONN",
    source: `${POSIX}, DESCRIPTION and ERRORS; unix_stream_sendmsg in net/unix/af_unix.c`,
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const { client, server } = fixture.connection();
      sendmsg(client, { address: somewhere, data: hello });
      assert.equal(next(server), "hello");
      const [left] = fixture.pair();
      const message = { address: fixture.abstractAddress(), data: hello };
      assertFails(trySendmsg(left, message), "AlreadyConnected", "EISCONN");
    },
  },
  {
    clause: "a stream takes what there is room for, and says how much",
    source: `${POSIX}, RETURN VALUE`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      const [left, right] = fixture.pair();
      const data = [new Uint8Array(1000), new Uint8Array(10_000_000)];
      const sent = sendmsg(left, { data }, MSG.DONTWAIT);
      assert.ok(sent > 0 && sent < 10_001_000);
      const sink = new Uint8Array(10_000_000);
      let received = 0;
      while (received < sent) received += recv(right, sink, MSG.DONTWAIT);
      assert.equal(received, sent);
    },
  },
  {
    clause: "MSG_EOR ends a record; MSG_MORE holds a datagram back; MSG_OOB sends out of band",
    source: `${POSIX}, DESCRIPTION, flags; send(2)`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.SEQPACKET);
      sendmsg(left, { data: hello }, MSG.EOR);
      assert.equal(next(right), "hello");
      const [sender, receiver] = [fixture.udp(), fixture.udp()];
      bind(receiver, loopback);
      connect(sender, getsockname(receiver));
      sendmsg(sender, { data: hello }, MSG.MORE);
      assertFails(tryRecv(receiver, new Uint8Array(1), MSG.DONTWAIT), "WouldBlock");
      sendmsg(sender, { data: [Buffer.from("!")] });
      assert.equal(next(receiver), "hello!");
      const { client, server } = fixture.connection();
      sendmsg(client, { data: [Buffer.from("!")] }, MSG.OOB);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      assert.equal(recv(server, new Uint8Array(1), MSG.OOB), 1);
    },
  },
  {
    clause: "EAGAIN: it would block, and the socket does not, MSG_DONTWAIT is set, or SO_SNDTIMEO is over",
    source: `${POSIX}, ERRORS`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left] = fixture.pair(SOCK.DGRAM);
      while (trySendmsg(left, { data: hello }, MSG.DONTWAIT).ok);
      assertFails(trySendmsg(left, { data: hello }, MSG.DONTWAIT), "WouldBlock", "EAGAIN");
      setsockopt(left, SO.SNDTIMEO, 1);
      assertFails(trySendmsg(left, { data: hello }), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EPIPE, and never SIGPIPE: the connection is closed for sending",
    source: `${POSIX}, ERRORS; send(2), MSG_NOSIGNAL`,
    except: {
      wine: "Wine sends to a peer that is gone; Windows says WSAECONNRESET or WSAESHUTDOWN (WSASend)",
    },
    run(fixture) {
      const [left, right] = fixture.pair();
      close(right);
      assertFails(trySendmsg(left, { data: hello }), "BrokenPipe", "EPIPE");
      const { client } = fixture.connection();
      shutdown(client, SHUT.WR);
      assertFails(trySendmsg(client, { data: hello }), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "ENOTCONN and EDESTADDRREQ: no peer and no address",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows has no sockets of SOCK_SEQPACKET" },
    run(fixture) {
      const seqpacket = fixture.socket(AF.UNIX, SOCK.SEQPACKET);
      assertFails(trySendmsg(seqpacket, { data: hello }), "SocketNotConnected", "ENOTCONN");
      assertFails(trySendmsg(fixture.udp(), { data: hello }), "DestinationAddressRequired", "EDESTADDRREQ");
    },
  },
  {
    clause: "EMSGSIZE: the message is too long to be sent at once",
    source: `${POSIX}, ERRORS`,
    run(fixture) {
      const data = [new Uint8Array(65507), new Uint8Array(1)];
      const result = trySendmsg(fixture.udp(), { address: somewhere, data });
      const error = assertFails(result, "MessageTooBig", "EMSGSIZE");
      assert.deepEqual([error.address, error.port], ["127.0.0.1", 9]);
    },
  },
  {
    clause: "EAFNOSUPPORT, EACCES, ECONNREFUSED, ENOENT and EPROTOTYPE: as sendto says of the address",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const udp = fixture.udp();
      const ipv6 = { family: "ipv6", address: "::1", port: 9 } as const;
      const result = trySendmsg(udp, { address: ipv6, data: hello });
      assertFails(result, "AddressFamilyNotSupported", "EAFNOSUPPORT");
      const broadcast = trySendmsg(udp, {
        address: { ...somewhere, address: "127.255.255.255" },
        data: hello,
      });
      assertFails(broadcast, "AccessDenied", "EACCES");
      const unix = fixture.socket(AF.UNIX, SOCK.DGRAM);
      const gone = trySendmsg(unix, { address: fixture.abstractAddress(), data: hello });
      assertFails(gone, "ConnectionRefused", "ECONNREFUSED");
      const path = `${fixture.folder()}/socket`;
      const none = trySendmsg(unix, { address: { family: "unix", path }, data: hello });
      assert.equal(assertFails(none, "FileNotFound", "ENOENT").path, path);
      bind(fixture.socket(AF.UNIX, SOCK.STREAM), { family: "unix", path });
      const stream = trySendmsg(unix, { address: { family: "unix", path }, data: hello });
      assertFails(stream, "WrongProtocolType", "EPROTOTYPE");
    },
  },
  {
    clause: "EOPNOTSUPP: the socket does not support a flag",
    source: `${POSIX}, ERRORS`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left] = fixture.pair(SOCK.DGRAM);
      assertFails(trySendmsg(left, { data: hello }, MSG.OOB), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "EBADF: the descriptor, or one that the message carries, is not open; nothing is sent",
    source: `${POSIX}, ERRORS; scm_fp_copy in net/core/scm.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const control = [{ type: "SCM_RIGHTS", descriptors: [0, 0x7fffffff] }] as const;
      assertFails(trySendmsg(left, { data: hello, control }), "BadFileDescriptor", "EBADF");
      assertFails(tryRecv(right, new Uint8Array(1), MSG.DONTWAIT), "WouldBlock");
      closeDescriptor(left.fd);
      assertFails(trySendmsg(left, { data: hello }), "BadFileDescriptor", "EBADF");
      left.detach();
    },
  },
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS`,
    run() {
      const file = openSync("/dev/null", "w");
      assertFails(trySendmsg(file, { data: hello }), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EINVAL: a control message is not valid: of a type that the socket does not know, or too short",
    source: `${LINUX}; __sock_cmsg_send in net/core/sock.c; udp_cmsg_send in net/ipv4/udp.c`,
    except: { windows: "Winsock ignores what it does not know" },
    run(fixture) {
      const udp = fixture.udp();
      const send = (level: number, number: number, data: Uint8Array) =>
        trySendmsg(udp, {
          address: somewhere,
          data: hello,
          control: [{ type: "unknown", level, number, data }],
        });
      assertFails(send(1, 9999, new Uint8Array(4)), "InvalidArgument", "EINVAL");
      assertFails(send(0, 8, new Uint8Array(3)), "InvalidArgument", "EINVAL");
      assertFails(send(17, 103, new Uint8Array(1)), "InvalidArgument", "EINVAL");
      const [left] = fixture.pair();
      for (const data of [new Uint8Array(11), new Uint8Array(13)]) {
        const control = [{ type: "unknown", level: 1, number: 2, data }] as const;
        assertFails(trySendmsg(left, { data: hello, control }), "InvalidArgument", "EINVAL");
      }
    },
  },
  {
    clause: "EINVAL: more than 253 descriptors, in one control message or several",
    source: "unix(7), SCM_RIGHTS; SCM_MAX_FD in include/net/scm.h",
    except: { windows: "Windows has no such option", musl: controlLimitOfMusl },
    run(fixture) {
      const [left, right] = fixture.pair();
      const rights = (count: number) =>
        ({ type: "SCM_RIGHTS", descriptors: Array<number>(count).fill(0) }) as const;
      for (const control of [[rights(254)], [rights(253), rights(1)], [rights(5000)]]) {
        const error = assertFails(trySendmsg(left, { data: hello, control }), "InvalidArgument", "EINVAL");
        assert.match(error.message, /at most 253 descriptors/);
      }
      assertFails(tryRecv(right, new Uint8Array(1), MSG.DONTWAIT), "WouldBlock");
    },
  },
  {
    clause: "ENOBUFS: the control messages are longer than net.core.optmem_max",
    source: `${LINUX}; ____sys_sendmsg in net/socket.c`,
    except: { windows: "Winsock ignores what it does not know", musl: controlLimitOfMusl },
    run(fixture) {
      const [left] = fixture.pair();
      const control = [{ type: "unknown", level: 77, number: 1, data: new Uint8Array(1 << 24) }] as const;
      assertFails(trySendmsg(left, { data: hello, control }), "SystemResources", "ENOBUFS");
    },
  },
  {
    clause: "ESRCH: credentials with the pid of no process",
    source: "scm_check_creds and __scm_send in net/core/scm.c",
    run(fixture) {
      if (process.getuid?.() !== 0) return fixture.skip("only root may send another's credentials");
      const [left] = fixture.pair();
      // PID_MAX_LIMIT is 2^22 (include/linux/threads.h).
      const control = [{ type: "SCM_CREDENTIALS", pid: 2 ** 22 + 1, uid: 0, gid: 0 }] as const;
      assertFails(trySendmsg(left, { data: hello, control }), "ProcessNotFound", "ESRCH");
    },
  },
  {
    clause: "ETOOMANYREFS: too many descriptors in flight; EPERM: the credentials of another process",
    source: "unix(7), ERRORS; too_many_unix_fds and scm_check_creds",
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run: () => void runWithDescriptors(100, new URL("./sendmsg-unprivileged.child.js", import.meta.url)),
  },
  firewallRow(
    "EPERM: a firewall rule drops or rejects the message",
    "sendmsg(2), ERRORS; nf_hook_slow in net/netfilter/core.c: NF_DROP",
  ),
  {
    clause: "EPERM: the receiver takes no descriptors (SO_PASSRIGHTS)",
    source: "unix(7), SO_PASSRIGHTS; unix_dgram_sendmsg in net/unix/af_unix.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const off = trySetsockopt(right, SO.PASSRIGHTS, false);
      if (!off.ok) return fixture.skip("SO_PASSRIGHTS is in Linux 6.16, and not in this one");
      const control = [{ type: "SCM_RIGHTS", descriptors: [left] }] as const;
      assertFails(trySendmsg(left, { data: hello, control }), "PermissionDenied", "EPERM");
      assertOk(trySendmsg(left, { data: hello }));
    },
  },
  {
    clause: "a system without a type of control message: ENOPROTOOPT, and no call",
    source: "berkeley",
    script: {},
    play(system) {
      using sender = socket(AF.INET, SOCK.DGRAM, 0, { system: { ...system, controls: {} } });
      const control = [{ type: "IP_TTL", value: 1 }] as const;
      assertFails(trySendmsg(sender, { data: hello, control }), "OptionNotSupported", "ENOPROTOOPT");
      assert.ok(!system.calls.some((call) => call.startsWith("sendmsg")));
    },
  },
  {
    clause:
      "a closed Socket, as the sender or carried, makes no system call; nor a server that is not open yet",
    source: "berkeley",
    script: {},
    play(system) {
      using sender = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
      const closed = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(closed);
      for (const descriptor of [closed, createServer()]) {
        const control = [{ type: "SCM_RIGHTS", descriptors: [1, descriptor] }] as const;
        const error = assertFails(trySendmsg(sender, { data: hello, control }), "SocketClosed", "EBADF");
        assert.match(error.message, /a descriptor carried by the message/);
      }
      assertFails(trySendmsg(closed, { data: hello }), "SocketClosed", "EBADF");
      assert.ok(!system.calls.some((call) => call.startsWith("sendmsg")));
    },
  },
  {
    clause: "EINTR never reaches the caller: the same message is resent",
    source: `${POSIX}, ERRORS; signal(7)`,
    except: { windows: "Windows has no MSG_NOSIGNAL" },
    script: {
      sendmsg: [-EINTR, -EINTR, (_fd, message) => 100 * message.data.length + (message.control?.length ?? 0)],
    },
    play(system) {
      using sender = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
      const control = [{ type: "SCM_RIGHTS", descriptors: [1, 2] }] as const;
      assert.equal(sendmsg(sender, { data: hello, control }), 224);
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("sendmsg")),
        Array(3).fill(`sendmsg(1000, ${MSG.NOSIGNAL})`),
      );
    },
  },
  {
    clause: "what the system gets: the pieces themselves, the sockaddr and the control messages",
    source: "berkeley",
    script: {},
    play() {
      const headers: MessageHeader[] = [];
      const system = scripted({
        sendmsg: [(_fd, message) => headers.push({ ...message })],
      });
      using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
      sendmsg(sender, { address: somewhere, data: hello, control: [{ type: "IP_TTL", value: 64 }] });
      sendmsg(sender, { data: hello, control: [] });
      const [first, second] = headers;
      assert.ok(first?.data[0] === hello[0] && first?.data[1] === hello[1], "they are not copied");
      assert.deepEqual([first?.address?.length, first?.control?.length], [16, 24]);
      assert.deepEqual([second?.address, second?.control], [null, null]);
    },
  },
  {
    clause: "a malformed message is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const bad: [unknown, RegExp][] = [
        [null, /not null/],
        [hello, /data must be an array of Uint8Arrays, not undefined/],
        [{ data: Buffer.from("x") }, /data must be an array of Uint8Arrays, not Buffer/],
        [{ data: ["x"] }, /a piece of data must be a Uint8Array, not string/],
        [{ data: [new Uint8Array(new SharedArrayBuffer(4))] }, /shared memory/],
        [{ data: [], control: {} }, /control must be an array, not Object/],
        [{ data: [], control: [null] }, /a control message must be an object .* not null/],
        [{ data: [], control: [{ type: "SCM_RIGHTS" }] }, /descriptors must be an array, not undefined/],
        [{ data: [], control: [{ type: "SCM_RIGHTS", descriptors: ["1"] }] }, /socket must be a Socket/],
        [{ data: [], control: [{ type: "SCM_PIDFD", descriptor: 1 }] }, /SCM_PIDFD.* cannot be sent/],
        [{ data: [], control: [{ type: "SO_RIGHTS" }] }, /"SO_RIGHTS" cannot be sent/],
        [{ data: [], address: "127.0.0.1:9" }, /address must be an object/],
      ];
      for (const [message, expected] of bad) {
        // @ts-expect-error a value from an untyped program
        const attempt = () => sendmsg(sender, message);
        assert.throws(attempt, (error) => error instanceof TypeError && expected.test(error.message));
      }
      for (const fd of [-1, 0.5, 2 ** 31]) {
        const control = [{ type: "SCM_RIGHTS", descriptors: [fd] }] as const;
        assert.throws(() => sendmsg(sender, { data: [], control }), RangeError);
      }
      assert.throws(() => sendmsg(sender, { data: [] }, 0.5), RangeError);
      assert.ok(!system.calls.some((call) => call.startsWith("sendmsg")));
    },
  },
  ...winsockRows("sendmsg", (socket) => trySendmsg(socket, { data: [new Uint8Array(1)] })),
  ...documentedErrors(sendmsgErrors, (system) => {
    using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return trySendmsg(sender, { address: somewhere, data: hello });
  }),
]);

test(
  "sendmsg throws what trySendmsg returns, with the caller's stack",
  except({ wine: "Wine says WSAEINVAL; Windows WSAENOTCONN or WSAEDESTADDRREQ (send and sendto)" }),
  () => {
    using udp = socket(AF.INET, SOCK.DGRAM);
    assert.throws(
      () => {
        sendmsg(udp, { data: hello });
      },
      (error: unknown) => {
        assert.ok(isSendmsgError(error));
        assert.deepEqual([error.name, error.syscall], ["DestinationAddressRequired", "sendmsg"]);
        assert.match(error.stack?.split("\n")[1] ?? "", /sendmsg\.test\./);
        return true;
      },
    );
  },
);
