import assert from "node:assert/strict";
import { assertFails, assertOk, conformance, errnoOf } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import type { PollEntry } from "../system/system.ts";
import type { ValueResult } from "../system/value-result.ts";
import { tryConnect } from "./connect.ts";
import { AF, POLL, SOCK } from "./constants.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX connect(3p)";
const SO_ERROR = 4;
const SO_DOMAIN = 39;
const SO_SNDTIMEO = 21;
const EINTR = errnoOf("EINTR");

/**
 * A getsockopt() that returns these options of SOL_SOCKET, by number, with times in seconds; others
 * are 0.
 */
const socketOptions = (values: Record<number, number>) => [
  (_fd: number, _level: number, name: number, value: ValueResult) => {
    value.bytes.fill(0, 0, 16);
    value.ints[0] = values[name] ?? 0;
    return 0;
  },
];

const ready = (entries: PollEntry[]) => {
  for (const entry of entries) entry.revents = POLL.OUT;
  return entries.length;
};

/**
 * A connect() that signals always interrupt. It succeeds in the end, in case it is retried forever.
 */
let made = 0;
const alwaysInterrupted = () => (made++ < 200_000 ? -EINTR : 0);

conformance("connect, interrupted by a signal", [
  {
    clause:
      "EINTR: the connection continues in the background; poll waits for it, and SO_ERROR reports success",
    source: `${POSIX}, DESCRIPTION`,
    script: { connect: [-EINTR], poll: [ready] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertOk(tryConnect(client, { ...loopback, port: 9 }));
      assert.deepEqual(afterConnect(system.calls), ["poll(-1)", `getsockopt(1000, 1, ${SO_ERROR})`]);
    },
  },
  {
    clause: "EINTR: SO_ERROR reports that the connection failed",
    source: `${POSIX}, DESCRIPTION`,
    script: {
      connect: [-EINTR],
      poll: [ready],
      getsockopt: socketOptions({ [SO_ERROR]: errnoOf("ECONNREFUSED") }),
    },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      const error = assertFails(
        tryConnect(client, { ...loopback, port: 9 }),
        "ConnectionRefused",
        "ECONNREFUSED",
      );
      assert.deepEqual([error.syscall, error.port], ["connect", 9]);
    },
  },
  {
    clause: "EINTR in the poll that follows: poll resumes, and connect is not retried",
    source: `${POSIX}, DESCRIPTION`,
    script: { connect: [-EINTR], poll: [-EINTR, -EINTR, ready] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertOk(tryConnect(client, { ...loopback, port: 9 }));
      assert.equal(system.calls.filter((call) => call.startsWith("poll")).length, 3);
      assert.equal(system.calls.filter((call) => call.startsWith("connect")).length, 1);
    },
  },
  {
    clause: "EINTR, and a failure of the poll that follows is connect's",
    source: "berkeley",
    script: { connect: [-EINTR], poll: [-errnoOf("ENOMEM")] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryConnect(client, { ...loopback, port: 9 }), "SystemResources", "ENOMEM");
    },
  },
  {
    clause: "EINTR, and the socket has been closed behind our back: not a success",
    source: "berkeley",
    script: { connect: [-EINTR], poll: [ready], getsockopt: [0, 0, 0, -errnoOf("EBADF")] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryConnect(client, { ...loopback, port: 9 }), "BadFileDescriptor", "EBADF");
    },
  },
  {
    clause: "EINTR, and SO_SNDTIMEO is over: the connection is pending",
    source: "socket(7), SO_SNDTIMEO",
    script: { connect: [-EINTR], poll: [0], getsockopt: [withSendTimeout] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryConnect(client, { ...loopback, port: 9 }), "ConnectionPending", "EINPROGRESS");
      assert.ok(system.calls.includes("poll(1)"), system.calls.join());
    },
  },
  {
    clause: "EINTR on a unix socket still waiting for queue space: connect is retried",
    source: "unix_stream_connect in net/unix/af_unix.c",
    script: {
      connect: [-EINTR, -EINTR, 0],
      getsockopt: socketOptions({ [SO_DOMAIN]: AF.UNIX }),
    },
    play(system) {
      using client = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      assertOk(tryConnect(client, { family: "unix", path: "/socket" }));
      assert.equal(system.calls.filter((call) => call.startsWith("connect")).length, 3);
      assert.ok(!system.calls.some((call) => call.startsWith("poll")));
    },
  },
  {
    clause: "EINTR of a unix socket, again and again: once SO_SNDTIMEO is over, it would block",
    source: "unix_stream_connect in net/unix/af_unix.c; socket(7), SO_SNDTIMEO",
    script: {
      connect: [alwaysInterrupted],
      getsockopt: [
        (fd: number, level: number, name: number, value: ValueResult) => {
          withSendTimeout(fd, level, name, value);
          if (name === SO_DOMAIN) value.ints[0] = AF.UNIX;
          return 0;
        },
      ],
    },
    play(system) {
      using client = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      assertFails(tryConnect(client, { family: "unix", path: "/socket" }), "WouldBlock", "EAGAIN");
    },
  },
]);

/** The calls after connect(), except the getsockopt() calls before the wait. */
function afterConnect(calls: readonly string[]): string[] {
  const last = calls.findLastIndex((call) => call.startsWith("connect"));
  return calls
    .slice(last + 1)
    .filter((call) => !/getsockopt\(\d+, 1, (21|39)\)/.test(call) && !call.startsWith("close"));
}

/** SO_SNDTIMEO of one millisecond. */
function withSendTimeout(_fd: number, _level: number, name: number, value: ValueResult): number {
  value.bytes.fill(0, 0, 16);
  if (name === SO_SNDTIMEO) value.view.setBigInt64(8, 1000n, true);
  return 0;
}
