import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { controlLimitOfMusl } from "../../test/platform.ts";
import { IP } from "../options/ip.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import type { MessageBuffers } from "./received-message.ts";
import { isRecvmmsgError, recvmmsg, recvmmsgErrors, tryRecvmmsg } from "./recvmmsg.ts";
import { send } from "./send.ts";
import { sendmsg } from "./sendmsg.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const LINUX = "recvmmsg(2)";
const EINTR = errnoOf("EINTR");
const buffers = (count: number, length = 8, controlLength?: number): MessageBuffers[] =>
  Array.from({ length: count }, () => ({ data: [Buffer.alloc(length)], controlLength }));
const textsOf = (all: readonly MessageBuffers[]) =>
  all.map(({ data }) => Buffer.concat(data).toString("latin1").replaceAll("\0", ""));

/** Two UDP sockets, connected to each other. */
function datagramPair(fixture: Fixture): { client: Socket; server: Socket } {
  const [client, server] = [fixture.udp(), fixture.udp()];
  for (const each of [client, server]) bind(each, loopback);
  connect(client, getsockname(server));
  connect(server, getsockname(client));
  return { client, server };
}

conformance("recvmmsg", [
  {
    clause: "receives several messages, each into buffers of its own, with its sender and flags",
    source: `${LINUX}, DESCRIPTION`,
    run(fixture) {
      const [receiver, first, second] = [fixture.udp(), fixture.udp(), fixture.udp()];
      for (const bound of [receiver, first, second]) bind(bound, loopback);
      sendto(first, Buffer.from("one"), 0, getsockname(receiver));
      sendto(second, Buffer.from("three"), 0, getsockname(receiver));
      sendto(first, new Uint8Array(0), 0, getsockname(receiver));
      const into = buffers(3, 4);
      assert.deepEqual(recvmmsg(receiver, into), [
        { bytes: 3, address: getsockname(first), control: [], flags: 0 },
        { bytes: 4, address: getsockname(second), control: [], flags: MSG.TRUNC },
        { bytes: 0, address: getsockname(first), control: [], flags: 0 },
      ]);
      assert.deepEqual(textsOf(into), ["one", "thre", ""]);
    },
  },
  {
    clause:
      "with MSG_WAITFORONE or MSG_DONTWAIT it takes what is there, and the other rooms stay as they are",
    source: `${LINUX}, MSG_WAITFORONE`,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      for (const flag of [MSG.WAITFORONE, MSG.DONTWAIT]) {
        const [left, right] = fixture.pair(SOCK.DGRAM);
        for (const text of ["a", "b"]) send(left, Buffer.from(text));
        const into = buffers(4);
        assert.deepEqual(
          recvmmsg(right, into, flag).map(({ bytes }) => bytes),
          [1, 1],
        );
        assert.deepEqual(textsOf(into), ["a", "b", "", ""]);
      }
    },
  },
  {
    clause: "without, it waits for all: until SO_RCVTIMEO is over, when it gives those that came",
    source: `${LINUX}, DESCRIPTION; do_recvmmsg in net/socket.c`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      setsockopt(right, SO.RCVTIMEO, 1);
      send(left, Buffer.from("a"));
      assert.equal(recvmmsg(right, buffers(2)).length, 1);
      assertFails(tryRecvmmsg(right, buffers(2)), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "no buffers return no messages; 1024 are the most, and more are rejected before any system call",
    source: "berkeley; UIO_MAXIOV; do_recvmmsg in net/socket.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.SEQPACKET);
      send(left, Buffer.from("a"));
      assert.deepEqual(recvmmsg(right, []), []);
      assert.equal(recvmmsg(right, buffers(1024), MSG.DONTWAIT).length, 1);
      assert.throws(() => recvmmsg(right, buffers(1025)), RangeError);
    },
  },
  {
    clause: "the descriptors of each message are its own",
    source: `${LINUX}; unix(7), SCM_RIGHTS`,
    except: { windows: "its socketpair() makes TCP connections only", musl: controlLimitOfMusl },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      for (const count of [1, 0, 253]) {
        const descriptors = Array<number>(count).fill(left.fd);
        sendmsg(left, { data: [], control: count === 0 ? [] : [{ type: "SCM_RIGHTS", descriptors }] });
      }
      const counts = recvmmsg(right, buffers(3)).map(({ control }) => {
        const [rights] = control;
        const descriptors = rights?.type === "SCM_RIGHTS" ? rights.descriptors : [];
        for (const descriptor of descriptors) fixture.own(descriptor);
        return descriptors.length;
      });
      assert.deepEqual(counts, [1, 0, 253]);
    },
  },
  {
    clause: "MSG_CTRUNC of one leaves the others whole; what did arrive of it is closed, and nothing leaks",
    source: "berkeley; scm_detach_fds in net/core/scm.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const descriptors = Array<number>(5).fill(left.fd);
      for (const text of ["a", "b", "c"])
        sendmsg(left, { data: [Buffer.from(text)], control: [{ type: "SCM_RIGHTS", descriptors }] });
      const before = openDescriptors();
      const [first, second, third] = buffers(3);
      assert.ok(first && second && third);
      const into = [first, { ...second, controlLength: 28 }, third];
      const messages = recvmmsg(right, into);
      assert.deepEqual(
        messages.map(({ bytes, flags, control }) => [bytes, flags, control.length]),
        [
          [1, 0, 1],
          [1, MSG.CTRUNC, 0],
          [1, 0, 1],
        ],
      );
      assert.deepEqual(textsOf(into), ["a", "b", "c"]);
      assert.equal(openDescriptors().length, before.length + 10);
      for (const { control } of messages) {
        for (const message of control)
          if (message.type === "SCM_RIGHTS") for (const descriptor of message.descriptors) close(descriptor);
      }
      assert.deepEqual(openDescriptors(), before);
    },
  },
  {
    clause: "the end of a stream is 0 bytes, for every message",
    source: "do_recvmmsg in net/socket.c",
    run(fixture) {
      const [left, right] = fixture.pair();
      send(left, Buffer.from("a"));
      shutdown(left, SHUT.WR);
      assert.deepEqual(
        recvmmsg(right, buffers(3)).map(({ bytes }) => bytes),
        [1, 0, 0],
      );
    },
  },
  {
    clause: "ENOTCONN, EBADF and ENOTSOCK",
    source: `${LINUX}, ERRORS; recv(2)`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      assertFails(tryRecvmmsg(fixture.tcp(), buffers(1)), "SocketNotConnected", "ENOTCONN");
      const udp = fixture.udp();
      closeDescriptor(udp.fd);
      assertFails(tryRecvmmsg(udp, buffers(1)), "BadFileDescriptor", "EBADF");
      udp.detach();
      const file = openSync("/dev/null", "r");
      assertFails(tryRecvmmsg(file, buffers(1)), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "malformed buffers are rejected before any system call; so is a closed Socket",
    source: "berkeley",
    script: {},
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      // @ts-expect-error the buffers are an array
      assert.throws(() => recvmmsg(udp, { data: [] }), TypeError);
      // @ts-expect-error data is an array of pieces
      assert.throws(() => recvmmsg(udp, [...buffers(1), { data: Buffer.alloc(1) }]), TypeError);
      assert.throws(() => recvmmsg(udp, buffers(1, 1, -1)), RangeError);
      assert.throws(() => recvmmsg(udp, buffers(1), 0.5), RangeError);
      assert.throws(() => recvmmsg(udp, buffers(1), 0, Number.NaN), RangeError);
      close(udp);
      assertFails(tryRecvmmsg(udp, buffers(1)), "SocketClosed", "EBADF");
      assert.ok(!system.calls.some((call) => call.startsWith("recvmmsg")));
    },
  },
  {
    clause: "EINTR never reaches the caller: the call is retried, with the same buffers",
    source: "signal(7); do_recvmmsg in net/socket.c",
    except: { windows: "Windows has no MSG_WAITFORONE" },
    script: {
      recvmmsg: [
        -EINTR,
        (_fd, messages) => {
          for (const message of messages) {
            if (message.address) message.address.length = 0;
            if (message.control) message.control.length = 0;
            message.bytes = 7;
          }
          return messages.length - 1;
        },
      ],
    },
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assert.deepEqual(
        recvmmsg(udp, buffers(3), MSG.WAITFORONE).map(({ bytes }) => bytes),
        [7, 7],
      );
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("recvmmsg")),
        Array(2).fill(`recvmmsg(1000, ${MSG.WAITFORONE | MSG.CMSG_CLOEXEC})`),
      );
    },
  },
  {
    clause: "with a timeout it returns what arrived in time, where the kernel's own would wait for more",
    source: `${LINUX}, BUGS: the timeout is checked only after the receipt of each datagram`,
    run(fixture) {
      const { client, server } = datagramPair(fixture);
      assertFails(tryRecvmmsg(server, buffers(2), 0, 0), "WouldBlock", "EAGAIN");
      const late = tryRecvmmsg(server, buffers(2), 0, 1);
      assertFails(late, "WouldBlock", "EAGAIN");
      assert.ok(!late.ok && late.error.message.includes("the timeout of the call"), "it names the timeout");
      for (const text of ["a", "b"]) send(client, Buffer.from(text));
      const into = buffers(3);
      assert.equal(recvmmsg(server, into, 0, 1).length, 2);
      assert.deepEqual(textsOf(into), ["a", "b", ""]);
      for (const text of ["c", "d"]) send(client, Buffer.from(text));
      const full = buffers(2);
      assert.equal(recvmmsg(server, full, 0, Number.POSITIVE_INFINITY).length, 2, "it waits for no more");
      assert.deepEqual(textsOf(full), ["c", "d"]);
      assert.equal(recvmmsg(server, [], 0, -1).length, 0);
    },
  },
  {
    clause: "with a timeout, MSG_WAITFORONE waits for the first only, and MSG_DONTWAIT not at all",
    source: `${LINUX}, MSG_WAITFORONE; berkeley`,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      const { client, server } = datagramPair(fixture);
      assertFails(tryRecvmmsg(server, buffers(2), MSG.DONTWAIT, -1), "WouldBlock", "EAGAIN");
      send(client, Buffer.from("a"));
      assert.equal(recvmmsg(server, buffers(2), MSG.WAITFORONE, -1).length, 1);
      send(client, Buffer.from("b"));
      assert.equal(recvmmsg(server, buffers(2), MSG.DONTWAIT, -1).length, 1);
    },
  },
  {
    clause: "with a timeout, an error ends the wait; one that follows a message is the next call's",
    source: `${LINUX}, BUGS: the error code can be expected to be returned on a subsequent call`,
    except: { windows: "its recvmmsg() does not ask for the pending error first" },
    run(fixture) {
      const { client, server } = datagramPair(fixture);
      const into = buffers(2);
      send(server, Buffer.from("a"));
      close(server);
      send(client, Buffer.from("nobody"));
      // Loopback has delivered the message, and the ICMP answer that the port is closed.
      assertFails(tryRecvmmsg(client, into, 0, -1), "ConnectionRefused", "ECONNREFUSED");
      assert.equal(recvmmsg(client, into, MSG.WAITFORONE, -1).length, 1);
      assertFails(tryRecvmmsg(fixture.tcp(), into, 0, -1), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "with a timeout, an error between two waits is left to the next call",
    source: "berkeley; do_recvmmsg in net/socket.c",
    except: { windows: "Windows has no recvmmsg(): each message has a call of its own" },
    script: {
      recvmmsg: [
        (_fd, [first]) => Object.assign(first ?? {}, { bytes: 1 }) && 1,
        -errnoOf("ECONNREFUSED"),
        -errnoOf("EAGAIN"),
      ],
      poll: [
        ([entry]) => {
          if (entry !== undefined) entry.revents = POLL.ERR;
          return 1;
        },
      ],
    },
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assert.equal(recvmmsg(udp, buffers(2), 0, 1000).length, 1);
      assertFails(tryRecvmmsg(udp, buffers(2), 0, 1000), "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "with a timeout, an error queue that is not empty ends the wait",
    source: "ip(7), IP_RECVERR: POLLERR is reported while the queue is not empty",
    except: { darwin: "only Linux has it", freebsd: "only Linux has it", windows: "only Linux has it" },
    run(fixture) {
      const { client, server } = datagramPair(fixture);
      setsockopt(client, IP.RECVERR, true);
      close(server);
      send(client, Buffer.from("nobody"));
      assertFails(tryRecvmmsg(client, buffers(1), 0, -1), "ConnectionRefused", "ECONNREFUSED");
      assertFails(tryRecvmmsg(client, buffers(1), 0, -1), "WouldBlock", "EAGAIN");
      const [{ flags = 0 } = {}] = recvmmsg(client, buffers(1), MSG.ERRQUEUE, -1);
      assert.equal(flags & MSG.ERRQUEUE, MSG.ERRQUEUE);
    },
  },
  {
    clause: "EPIPE: the pending error is reported before anything is received",
    source: "do_recvmmsg in net/socket.c; tcp_reset in net/ipv4/tcp_input.c",
    except: {
      windows: "its recvmmsg() is a loop over recvmsg(), which does not ask for the pending error first",
    },
    run(fixture) {
      const { client, server } = fixture.connection();
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      send(client, Buffer.from("late"));
      poll([{ socket: client, events: 0 }], 5000);
      assertFails(tryRecvmmsg(client, []), "BrokenPipe", "EPIPE");
      assertOk(tryRecvmmsg(client, []));
    },
  },
  ...documentedErrors(recvmmsgErrors, (system) => {
    using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryRecvmmsg(udp, buffers(1));
  }),
]);

test("recvmmsg throws what tryRecvmmsg returns, with the caller's stack", () => {
  using tcp = socket(AF.INET, SOCK.STREAM);
  assert.throws(
    () => {
      recvmmsg(tcp, buffers(1));
    },
    (error: unknown) => {
      assert.ok(isRecvmmsgError(error));
      assert.deepEqual([error.name, error.syscall], ["SocketNotConnected", "recvmmsg"]);
      assert.match(error.stack?.split("\n")[1] ?? "", /recvmmsg\.test\./);
      return true;
    },
  );
});
