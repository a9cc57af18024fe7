import assert from "node:assert/strict";
import { test } from "node:test";
import { getSystemErrorMap } from "node:util";
import { except } from "../../../test/platform.ts";
import { scriptedWinsock } from "../../../test/scripted/scripted-winsock.ts";
import type { PollEntry, System } from "../system.ts";
import { LENGTH_SIZE, ValueResult } from "../value-result.ts";
import { constants } from "./constants.ts";
import { errnoName, errnoOfCode, errnos } from "./errno.ts";
import { pollMissesFailures } from "./poll.ts";
import { windowsOver } from "./windows.ts";
import { openWinsock } from "./ws2_32.ts";

const { AF, POLL, SOCK } = constants;
const others = "it calls ws2_32.dll";
const onlyWindows = except({ darwin: others, freebsd: others, linux: others });

test("an errno is the number that Node has for it on Windows", onlyWindows, () => {
  const nodes = new Map([...getSystemErrorMap()].map(([number, [name]]) => [name, -number]));
  for (const [name, number] of Object.entries(errnos)) {
    const expected = nodes.get(name === "EOPNOTSUPP" ? "ENOTSUP" : name);
    if (expected !== undefined) assert.equal(number, expected, name);
  }
});

test("no two errnos are one number", () => {
  assert.equal(new Set(Object.values(errnos)).size, Object.keys(errnos).length);
});

test("a code of Winsock is an errno of ours; one that no table has keeps its number", () => {
  assert.equal(errnoName(errnoOfCode(10048)), "EADDRINUSE");
  assert.equal(errnoName(errnoOfCode(10035)), "EAGAIN");
  assert.equal(errnoName(errnoOfCode(10093)), "WSANOTINITIALISED");
  assert.equal(errnoOfCode(10099), 10099);
  assert.equal(errnoName(10099), undefined);
});

test("WSAPoll() keeps quiet about failures before Windows 10 2004, build 19041", () => {
  for (const version of ["6.1.7601", "6.3.9600", "10.0.18363"])
    assert.equal(pollMissesFailures(version), true);
  for (const version of ["10.0.19041", "10.0.22631"]) assert.equal(pollMissesFailures(version), false);
});

/** A sockaddr_in of 127.0.0.1. */
function loopback(port: number): ValueResult {
  const address = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 16));
  address.bytes.set([AF.INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1]);
  address.length = 16;
  return address;
}

/** A connect() to a port that nobody listens on, polled until it has failed. */
function pollRefused(system: System): PollEntry {
  const fd = system.socket(AF.INET, SOCK.STREAM, 0, 2);
  const connected = system.connect(fd, loopback(1));
  assert.equal(connected, -errnos.EINPROGRESS);
  const entry = { fd, events: POLL.OUT, revents: 0 };
  assert.equal(system.poll([entry], 10_000), 1);
  assert.equal(system.close(fd), 0);
  return entry;
}

for (const misses of [true, false]) {
  test(
    `a connection that failed is told, asked by ${misses ? "select() too" : "WSAPoll() alone"}`,
    onlyWindows,
    () => {
      assert.notEqual(pollRefused(windowsOver(openWinsock(), misses)).revents & POLL.ERR, 0);
    },
  );
}

test("a WSAPoll() that keeps quiet about it is helped out by select(), and SO_ERROR stays for the caller", () => {
  const asked: number[] = [];
  const winsock = {
    ...scriptedWinsock({ function: "bind", code: 0 }),
    WSAPoll: () => 0,
    select: () => 1,
    getsockopt: (_socket: number, _level: number, name: number) => {
      asked.push(name);
      return 0;
    },
  };
  const entry = { fd: 1000, events: POLL.OUT, revents: 0 };
  assert.equal(windowsOver(winsock, true).poll([entry], -1), 1);
  assert.equal(entry.revents, POLL.ERR | POLL.HUP | POLL.WRNORM);
  assert.deepEqual(asked, []);
});

test("a connection that was reset while it waited to be accepted is told as such, under Wine too", () => {
  for (const code of [10054, 10057]) {
    const system = windowsOver(scriptedWinsock({ function: "accept", code }));
    assert.equal(system.accept(1000, loopback(0), 0), -errnos.ECONNRESET);
  }
});

test("POLLPRI is asked for as POLLRDBAND, which WSAPoll() knows, and POLLWRBAND is not asked for", () => {
  const events: number[] = [];
  const winsock = {
    ...scriptedWinsock({ function: "bind", code: 0 }),
    WSAPoll(entries: bigint | Uint8Array) {
      assert.ok(entries instanceof Uint8Array);
      const view = new DataView(entries.buffer);
      events.push(view.getInt16(8, true));
      view.setInt16(10, POLL.RDBAND, true);
      return 1;
    },
  };
  const entry = { fd: 1000, events: POLL.PRI | POLL.WRBAND, revents: 0 };
  assert.equal(windowsOver(winsock).poll([entry], 0), 1);
  assert.deepEqual([events, entry.revents], [[POLL.RDBAND], POLL.PRI]);
});
