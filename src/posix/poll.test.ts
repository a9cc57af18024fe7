import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import type { PollEntry } from "../system/system.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import type { Socket } from "./owned-socket.ts";
import { poll, pollErrors, tryPoll } from "./poll.ts";
import { send, trySend } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX poll(3p)";
const EINTR = errnoOf("EINTR");

/** The events of a socket that are ready now. */
const readyNow = (socket: Socket | number, events: number) => poll([{ socket, events }], 0)[0]?.revents ?? 0;

/** A poll(2) that finds the first entry readable. */
const firstReadable = (entries: PollEntry[]) => {
  const [first] = entries;
  if (first === undefined) return 0;
  first.revents = POLL.IN;
  return 1;
};

conformance("poll", [
  {
    clause: "POLLIN and POLLRDNORM: data may be read; POLLOUT and POLLWRNORM: data may be written",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      const [left, right] = fixture.pair();
      assert.equal(readyNow(right, POLL.IN | POLL.RDNORM), 0);
      send(left, Buffer.from("x"));
      assert.equal(readyNow(right, POLL.IN), POLL.IN);
      assert.equal(readyNow(right, POLL.IN | POLL.RDNORM | POLL.OUT), POLL.IN | POLL.RDNORM | POLL.OUT);
      assert.equal(readyNow(left, POLL.OUT | POLL.WRNORM), POLL.OUT | POLL.WRNORM);
      while (trySend(left, new Uint8Array(1 << 16), MSG.DONTWAIT).ok);
      assert.equal(readyNow(left, POLL.OUT), 0);
    },
  },
  {
    clause: "POLLPRI: out-of-band data",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("!"), MSG.OOB);
      assert.deepEqual(poll([{ socket: server, events: POLL.PRI }], 5000), [
        { socket: server, revents: POLL.PRI },
      ]);
    },
  },
  {
    clause: "POLLIN on a listener: a connection waits; after a connect, POLLOUT: it is made",
    source: `${POSIX}, APPLICATION USAGE; connect(3p)`,
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(server)), "ConnectionPending");
      assert.equal(poll([{ socket: client, events: POLL.OUT }], 5000).length, 1);
      assert.equal(readyNow(server, POLL.IN), POLL.IN);
    },
  },
  {
    clause: "POLLHUP: the peer has gone, or the socket is not connected; always reported",
    source: `${POSIX}, DESCRIPTION; tcp_poll in net/ipv4/tcp.c`,
    except: {
      wine: "Wine says nothing of a socket that is not connected; Windows POLLHUP (WSAPoll, Remarks)",
    },
    run(fixture) {
      const [left, right] = fixture.pair();
      close(right);
      assert.equal(readyNow(left, 0), POLL.HUP);
      assert.equal(readyNow(fixture.tcp(), 0), POLL.HUP);
    },
  },
  {
    clause: "POLLRDHUP: the peer has stopped sending, and the end may be read",
    source: "poll(2)",
    except: { windows: "Windows has no POLL_RDHUP" },
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.equal(readyNow(server, POLL.RDHUP), 0);
      shutdown(client, SHUT.WR);
      const events = POLL.IN | POLL.RDHUP;
      assert.deepEqual(poll([{ socket: server, events }], 5000), [{ socket: server, revents: events }]);
    },
  },
  {
    clause: "POLLERR: an error is pending; always reported",
    source: `${POSIX}, DESCRIPTION`,
    except: {
      wine:
        "Wine does not report a host's response to a datagram; Windows reports " +
        "WSAECONNRESET (recvfrom, WSAECONNRESET)",
    },
    run(fixture) {
      const gone = fixture.udp();
      bind(gone, loopback);
      const udp = fixture.udp();
      connect(udp, getsockname(gone));
      close(gone);
      send(udp, Buffer.from("x"));
      assert.deepEqual(poll([{ socket: udp, events: 0 }], 5000), [{ socket: udp, revents: POLL.ERR }]);
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      assert.deepEqual(poll([{ socket: client, events: 0 }], 5000), [
        { socket: client, revents: POLL.ERR | POLL.HUP },
      ]);
    },
  },
  {
    clause: "POLLNVAL: the descriptor is not open; always reported, and not an error",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      assert.equal(readyNow(999_999, 0), POLL.NVAL);
      const server = fixture.listener();
      closeDescriptor(server.fd);
      assert.equal(readyNow(server, POLL.IN), POLL.NVAL);
      server.detach();
    },
  },
  {
    clause: "a regular file is always ready to read and write",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "a descriptor of C's is no handle to Winsock" },
    run() {
      const file = openSync("/dev/null", "r+");
      assert.equal(readyNow(file, POLL.IN | POLL.OUT), POLL.IN | POLL.OUT);
      closeSync(file);
    },
  },
  {
    clause: "gives the ready ones only, in the order of the requests, each with its own socket",
    source: "berkeley",
    run(fixture) {
      const pairs = [1, 2, 3, 4].map(() => fixture.pair());
      for (const index of [3, 1]) send(pairs[index]?.[1] ?? -1, Buffer.from("x"));
      const requests = pairs.map(([left]) => ({ socket: left, events: POLL.IN }));
      const ready = poll(requests, 0);
      assert.deepEqual(
        ready.map(({ socket }) => pairs.findIndex(([left]) => left === socket)),
        [1, 3],
      );
      // The type is that of the sockets given: a Socket has a domain.
      assert.equal(ready[0]?.socket.domain, pairs[0]?.[0].domain);
    },
  },
  {
    clause: "one socket may appear in several requests",
    source: `${POSIX}, DESCRIPTION`,
    except: { wine: "Wine answers one of several entries about one socket; WSAPoll documents no such limit" },
    run(fixture) {
      const [left, right] = fixture.pair();
      send(left, Buffer.from("x"));
      const requests = [POLL.IN, POLL.OUT, POLL.PRI, POLL.IN].map((events) => ({ socket: right, events }));
      assert.deepEqual(
        poll(requests, 0).map(({ revents }) => revents),
        [POLL.IN, POLL.OUT, POLL.IN],
      );
    },
  },
  {
    clause: "no sockets at all: waits for the time",
    source: `${POSIX}, DESCRIPTION`,
    run() {
      assert.deepEqual(poll([], 0), []);
      assert.deepEqual(poll([], 1), []);
    },
  },
  {
    clause: "0 does not wait; when the time is over, nothing is ready",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const [left] = fixture.pair();
      for (const timeout of [0, -0, 1])
        assert.deepEqual(poll([{ socket: left, events: POLL.IN }], timeout), []);
    },
  },
  {
    clause: "-1, any other number below 0, and Infinity wait for ever",
    source: `${POSIX}, DESCRIPTION; berkeley`,
    script: { poll: [firstReadable] },
    play(system) {
      using left = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      for (const timeout of [-1, -0.5, -(2 ** 40), Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
        poll([{ socket: left, events: POLL.IN }], timeout);
      }
      assert.deepEqual(pollsOf(system.calls), Array(5).fill("poll(-1)"));
    },
  },
  {
    clause: "a fraction of a millisecond is rounded up",
    source: `${POSIX}, DESCRIPTION (granularity)`,
    script: { poll: [firstReadable] },
    play(system) {
      using left = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      for (const timeout of [0.1, 1.5, 5e-324]) poll([{ socket: left, events: POLL.IN }], timeout);
      assert.deepEqual(pollsOf(system.calls), ["poll(1)", "poll(2)", "poll(1)"]);
    },
  },
  {
    clause: "a time that is longer than a C int of milliseconds is waited for in steps",
    source: "berkeley",
    script: { poll: [0, 0, firstReadable] },
    play(system) {
      using left = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      assert.equal(poll([{ socket: left, events: POLL.IN }], 2 ** 40).length, 1);
      assert.deepEqual(pollsOf(system.calls), Array(3).fill("poll(2147483647)"));
    },
  },
  {
    clause: "EINTR never reaches the caller: poll resumes with the remaining time",
    source: `${POSIX}, ERRORS; signal(7)`,
    script: { poll: [-EINTR, -EINTR, firstReadable] },
    play(system) {
      using left = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      assert.equal(poll([{ socket: left, events: POLL.IN }], 3_600_000).length, 1);
      const timeouts = pollsOf(system.calls).map((call) => Number(/\d+/.exec(call)?.[0]));
      assert.equal(timeouts.length, 3);
      assert.ok(
        timeouts.every((timeout) => timeout > 3_500_000 && timeout <= 3_600_000),
        timeouts.join(),
      );
    },
  },
  {
    clause: "EINTR when the time is over: nothing is ready",
    source: `${POSIX}, ERRORS`,
    script: { poll: [-EINTR] },
    play(system) {
      using left = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      assert.deepEqual(poll([{ socket: left, events: POLL.IN }], 0), []);
      assert.deepEqual(poll([{ socket: left, events: POLL.IN }], 1), []);
      assert.ok(pollsOf(system.calls).every((call) => call === "poll(0)" || call === "poll(1)"));
    },
  },
  {
    clause: "EINVAL: there are more sockets than RLIMIT_NOFILE",
    source: `${POSIX}, ERRORS; do_sys_poll in fs/select.c`,
    except: { windows: "it reads Linux's /proc" },
    run(fixture) {
      const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
      const limit = Number(soft);
      if (!(limit <= 0x200000)) {
        fixture.skip(`the limit of descriptors is ${soft}`);
        return;
      }
      const left = fixture.tcp();
      const requests = Array.from({ length: limit + 1 }, () => ({ socket: left, events: 0 }));
      assertFails(tryPoll(requests, 0), "InvalidArgument", "EINVAL");
      assert.equal(poll(requests.slice(1), 0).length, limit);
    },
  },
  {
    clause: "a closed Socket among them is SocketClosed, and no system call is made",
    source: "berkeley",
    script: {},
    play(system) {
      using open = socket(AF.INET, SOCK.STREAM, 0, { system });
      const closed = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(closed);
      const requests = [open, closed].map((socket) => ({ socket, events: POLL.IN }));
      assertFails(tryPoll(requests, -1), "SocketClosed", "EBADF");
      assert.deepEqual(pollsOf(system.calls), []);
    },
  },
  {
    clause: "bad requests and a bad time are rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using left = socket(AF.INET, SOCK.STREAM, 0, { system });
      for (const requests of [undefined, null, {}, left, "x", [undefined], [null], [left, 1], [1]]) {
        // @ts-expect-error not an array of requests
        assert.throws(() => poll(requests, 0), TypeError);
      }
      // @ts-expect-error a socket alone is not a request
      assert.throws(() => poll([left], 0), /each of requests must be \{ socket, events \}, not Socket/);
      const request = { socket: left, events: POLL.IN };
      for (const timeout of [undefined, null, "1", 1n, {}]) {
        // @ts-expect-error a time-out is a number
        assert.throws(() => poll([request], timeout), TypeError);
      }
      assert.throws(() => poll([request], Number.NaN), RangeError);
      // @ts-expect-error events are a number
      assert.throws(() => poll([{ socket: left, events: "IN" }], 0), TypeError);
      // struct pollfd has a short, so larger values would be silently truncated.
      for (const events of [0.5, -1, 0x8000, 0x10001, Number.NaN]) {
        assert.throws(() => poll([{ socket: left, events }], 0), RangeError);
      }
      assert.deepEqual(pollsOf(system.calls), []);
    },
  },
  {
    clause: "the sockets of one call are of one system",
    source: "berkeley",
    script: {},
    play(system) {
      using left = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.throws(
        () =>
          poll(
            [
              { socket: left, events: 0 },
              { socket: 0, events: 0 },
            ],
            0,
          ),
        TypeError,
      );
    },
  },
  {
    clause: "returns what is ready, and as tryPoll a Result of it",
    source: `${POSIX}, RETURN VALUE`,
    run(fixture) {
      const [left] = fixture.pair();
      assert.deepEqual(assertOk(tryPoll([{ socket: left, events: POLL.OUT }], -1)), [
        { socket: left, revents: POLL.OUT },
      ]);
      close(left);
      assert.throws(() => poll([{ socket: left, events: 0 }], 0), { name: "SocketClosed", syscall: "poll" });
    },
  },
  ...winsockRows("poll", (socket) => tryPoll([{ socket, events: POLL.IN }], 0)),
  ...documentedErrors(pollErrors, (system) => {
    using left = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryPoll([{ socket: left, events: POLL.IN }], 0);
  }),
]);

const pollsOf = (calls: readonly string[]) => calls.filter((call) => call.startsWith("poll"));

test("poll accepts Node's own objects and numbers together", except(descriptorsHidden), async () => {
  const server = createServer();
  assertFails(tryPoll([{ socket: server, events: POLL.IN }], 0), "SocketClosed");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  using client = socket(AF.INET, SOCK.STREAM);
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  connect(client, address);
  const requests = [
    { socket: server, events: POLL.IN },
    { socket: client.fd, events: POLL.OUT },
    { socket: client, events: POLL.IN },
  ];
  assert.deepEqual(poll(requests, 5000), [
    { socket: server, revents: POLL.IN },
    { socket: client.fd, revents: POLL.OUT },
  ]);
  await new Promise<void>((resolve) => {
    server.on("connection", (connection) => connection.destroy());
    server.close(() => resolve());
    close(client);
  });
});
