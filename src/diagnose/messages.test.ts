// Checks the numbers, names and commands in messages and advice, not every word.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hostTables } from "../system/this-host.ts";
import type { Advice, Cause, Held, TimeWait } from "./explanation.ts";
import {
  adviceOn,
  describe,
  duration,
  endpoint,
  hostAndPort,
  leftoversNote,
  messageOf,
  pathText,
  signalFailure,
} from "./messages.ts";
import type { InternetSocket, UnixSocket } from "./open-socket.ts";
import type { Holder } from "./process.ts";

const address = { family: "ipv4", address: "127.0.0.1", port: 4321 } as const;
const peer = { family: "ipv6", address: "::1", port: 9, flowlabel: 0, scopeId: 0 } as const;

const listener: InternetSocket = {
  protocol: "tcp",
  use: "listening",
  local: address,
  peer: undefined,
  v6only: false,
  interface: 0,
  inode: 1,
  owner: undefined,
  uid: 0,
  queue: undefined,
  drops: undefined,
  remaining: undefined,
};

const unix: UnixSocket = {
  protocol: "unix",
  type: "stream",
  use: "listening",
  local: { family: "unix", path: "/run/socket" },
  file: undefined,
  inode: 2,
  uid: 0,
  queue: undefined,
};

function holder(pid: number, more: Partial<Holder> = {}): Holder {
  return {
    pid,
    name: `program${pid}`,
    user: undefined,
    command: [],
    directory: undefined,
    started: undefined,
    startTicks: undefined,
    uid: undefined,
    parent: undefined,
    ...more,
  };
}

const held = (more: Partial<Held> = {}): Held => {
  return {
    kind: "held",
    socket: listener,
    coverage: "same",
    holders: [holder(7)],
    hidden: 0,
    user: "ana",
    ...more,
  };
};

const waiting = (more: Partial<TimeWait> = {}): TimeWait => {
  return { kind: "time-wait", sockets: [listener], remaining: 90_000, reuseAddress: true, ...more };
};

test("durations: the two largest units", () => {
  const cases: readonly [seconds: number, text: string][] = [
    [-5, "0 s"],
    [0.4, "0 s"],
    [0.6, "1 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [60, "1 min"],
    [61, "1 min 1 s"],
    [120, "2 min"],
    [599, "9 min 59 s"],
    [600, "10 min"],
    [601, "10 min"],
    [3599, "59 min"],
    [3600, "1 h"],
    [7199, "1 h"],
    [47 * 3600 + 3599, "47 h"],
    [48 * 3600, "2 d"],
    [71 * 3600, "2 d"],
    [72 * 3600, "3 d"],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds * 1000), text, `${seconds} s`);
});

test("addresses and paths are formatted for people", () => {
  assert.equal(hostAndPort(address), "127.0.0.1:4321");
  assert.equal(hostAndPort(peer), "[::1]:9");
  assert.equal(hostAndPort({ ...peer, address: "fe80::1", scopeId: 3 }), "[fe80::1%3]:9");
  assert.equal(pathText({ family: "unix", path: "/run/socket" }), "/run/socket");
  assert.equal(pathText({ family: "unix", path: "\0name" }), "@name");
  assert.equal(pathText({ family: "unix", path: Buffer.from("\0name") }), "@name");
  assert.equal(endpoint(listener), "127.0.0.1:4321");
  assert.equal(endpoint(unix), "/run/socket");
  assert.equal(endpoint({ ...unix, local: { family: "unix", path: "/\x1b[31m" } }), "/\\u{1b}[31m");
});

test("a process: each detail that is known", () => {
  assert.equal(describe(holder(7)), "program7 (pid 7)");
  const started = Date.now() - 2 * 3_600_000 - 5000;
  const all = holder(7, { user: "ana", command: ["node", "server.js"], directory: "/srv/app", started });
  assert.equal(describe(all), 'program7 (pid 7, user ana, "node server.js", in /srv/app, for 2 h)');
  assert.equal(describe(holder(7, { name: "\x1b" })), "\\u{1b} (pid 7)");
  assert.equal(describe(holder(7, { directory: "/\x07" })), "program7 (pid 7, in /\\u{7})");
});

test("a command line is quoted, and cut at its end; a program's path alone at its beginning", () => {
  const quoted = (...command: string[]) =>
    /"(.*)"/.exec(describe(holder(7, { command })))?.[1] ?? assert.fail("it is not quoted");
  const [long, longer] = ["x".repeat(80), `${"a".repeat(40)}${"b".repeat(41)}`];
  assert.equal(quoted(long), long);
  assert.equal(quoted(longer), `…${"a".repeat(38)}${"b".repeat(41)}`);
  assert.equal(quoted("p", longer), `p ${"a".repeat(40)}${"b".repeat(37)}…`);
  assert.equal(quoted('say "x"', 'and "y"'), 'say \\"x\\" and \\"y\\"');
});

test("a holder and those that share its socket: oldest first, at most three by name", () => {
  const holders = [9, 8, 5, 6, 7].map((pid) => holder(pid, { started: pid === 8 ? 1 : 2 }));
  const sentence = (count: number) => messageOf(held({ holders: holders.slice(0, count) }));
  assert.match(sentence(1), /^held by program9 \(pid 9, for [^,]+\)$/);
  assert.match(sentence(2), /^held by program8 \(.*\), shared with program9 \(pid 9\)$/);
  assert.match(sentence(4), /program8 .*program5 \(pid 5\), program6 \(pid 6\), program9 \(pid 9\)$/);
  assert.match(sentence(5), /program6 \(pid 6\), program7 \(pid 7\), 1 more$/);
  // A process of unknown age comes first.
  assert.match(messageOf(held({ holders: [holder(1, { started: 5 }), holder(2)] })), /^held by program2 /);
});

test("without a holder: who owns the socket, and whether processes are hidden", () => {
  const none = { holders: [] };
  const open = messageOf(held(none));
  const hidden = messageOf(held({ ...none, hidden: 1 }));
  assert.match(open, /^owned by ana, but no visible process .*kernel.*another container/);
  assert.match(hidden, /^held by a process .*\bana\b/);
  assert.doesNotMatch(messageOf(held({ ...none, user: undefined })), /\bana\b|undefined/);
  assert.doesNotMatch(messageOf(held({ ...none, hidden: 1, user: undefined })), /\bana\b|undefined/);
});

test("how a socket has the address", () => {
  const how = (more: Partial<Held>) => messageOf(held(more)).replace("held by program7 (pid 7)", "");
  const wildcard = { ...listener, local: { ...address, address: "0.0.0.0" } };
  assert.equal(how({}), "");
  assert.match(how({ socket: wildcard, coverage: "wildcard" }), /listens on 0\.0\.0\.0:4321 .*every/);
  assert.match(how({ socket: wildcard, coverage: "dual stack" }), /listens on 0\.0\.0\.0:4321 .*IPV6_V6ONLY/);
  assert.match(how({ coverage: "covered" }), /listens on 127\.0\.0\.1:4321$/);
  const bound = { ...wildcard, use: "bound" } as const;
  assert.match(how({ socket: bound }), /bound (and|but) does not listen$/);
  assert.match(
    how({ socket: bound, coverage: "wildcard" }),
    /bound (on|to) 0\.0\.0\.0:4321.*does not listen$/,
  );
  const datagrams = { ...bound, protocol: "udp" } as const;
  assert.equal(how({ socket: datagrams }), "");
  assert.match(how({ socket: datagrams, coverage: "wildcard" }), /bound (on|to) 0\.0\.0\.0:4321 [^l]*every/);
  const connected = { ...listener, use: "connected" } as const;
  assert.match(how({ socket: connected }), /by a connection$/);
  assert.match(
    how({ socket: { ...connected, peer } }),
    /by a connection from 127\.0\.0\.1:4321 to \[::1\]:9$/,
  );
  assert.match(how({ socket: { ...unix, use: "connected" } }), /by a connection$/);
  assert.equal(how({ socket: unix }), "");
});

test("closed connections: how many, and for how long", () => {
  const two = [listener, listener];
  const cases: readonly [Partial<TimeWait>, RegExp][] = [
    [{}, /^kept by a closed connection \(TIME_WAIT\), for 1 min 30 s more$/],
    [{ sockets: two, remaining: 1000 }, /^kept by 2 closed connections \(TIME_WAIT\), for 1 s more$/],
    [{ remaining: undefined }, /^kept by a closed connection \(TIME_WAIT\)$/],
    [{ sockets: two, remaining: 0 }, /^kept by 2 closed connections .*peer has not closed/],
  ];
  for (const [more, pattern] of cases) assert.match(messageOf(waiting(more)), pattern);
  assert.match(
    leftoversNote(waiting()),
    /closed connection \(TIME_WAIT\), for 1 min 30 s more\..*SO_REUSEADDR/,
  );
});

test("every other cause, with its numbers and names", () => {
  const cases: readonly [Cause, RegExp][] = [
    [{ kind: "reuse-port-group", sockets: 1, user: "ana", joinable: true }, /can be shared .*may join/],
    [{ kind: "reuse-port-group", sockets: 3, user: "ana", joinable: false }, /^3 sockets .* only user ana /],
    [{ kind: "exclusive-use" }, /SO_EXCLUSIVEADDRUSE/],
    [{ kind: "excluded-port", port: 50 }, /port 50\b.*range/],
    [{ kind: "privileged-port", port: 80, start: 1024 }, /privileged .*1024/],
    [{ kind: "address-not-local", localAddresses: [] }, /none of this family/],
    [{ kind: "address-not-local", localAddresses: ["10.0.0.1", "10.0.0.2"] }, /10\.0\.0\.1, 10\.0\.0\.2$/],
    [
      { kind: "ports-exhausted", first: 100, last: 200, reserved: 0, used: 101, timeWait: 44 },
      /100 to 200 \([^)]+\); .*\b44 /,
    ],
    [
      { kind: "ports-exhausted", first: 100, last: 200, reserved: 5, used: 96, timeWait: 44 },
      /100 to 200 \([^)]+\), .* 5 .*; .*\b44 /,
    ],
    [{ kind: "stale-path", path: "/x" }, /nothing listens/],
    [{ kind: "not-a-socket", path: "/x", is: "directory" }, /\bdirectory$/],
    [{ kind: "not-a-socket", path: "/x", is: "other" }, /another kind$/],
    [{ kind: "missing-directory", directory: "/none" }, / \/none does not exist/],
    [{ kind: "directory-denied", directory: "/x", owner: "ana", mode: "755" }, / \/x .*ana.*755/],
    [{ kind: "unavailable", reason: "Nobody knows." }, /Nobody knows\.?$/],
    [{ kind: "unavailable", reason: "Nobody knows" }, /Nobody knows\.?$/],
  ];
  for (const [cause, pattern] of cases) assert.match(messageOf(cause), pattern);
});

const advise = (
  cause: Cause,
  where: Parameters<typeof adviceOn>[1] = address,
  protocol: "tcp" | "udp" = "tcp",
) => adviceOn(cause, where, protocol);
const commands = (advice: readonly Advice[]) => advice.map(({ command }) => command);
const said = (advice: readonly Advice[]) => advice.map(({ message }) => message).join(" ");

test("the advice on a holder names the requested address", () => {
  assert.deepEqual(commands(advise(held())), ["berkeley free 127.0.0.1:4321"]);
  assert.deepEqual(commands(advise(held(), address, "udp")), ["berkeley free --udp 127.0.0.1:4321"]);
  assert.deepEqual(commands(advise(held(), peer)), ["berkeley free [::1]:9"]);
  assert.deepEqual(commands(advise(held(), { ...peer, address: "::" })), ["berkeley free 9"]);
  const path = { family: "unix", path: "\0a name" } as const;
  assert.deepEqual(commands(advise(held({ socket: unix }), path)), ["berkeley free --unix '@a name'"]);
  const unavailable = advise(held({ holders: [] }));
  assert.match(commands(unavailable)[0] ?? "", /berkeley why 127\.0\.0\.1:4321$/);
  assert.match(said(unavailable), /\bana\b/);
  assert.doesNotMatch(said(advise(held({ holders: [], user: undefined }))), /undefined/);
});

test("the advice on every other cause", () => {
  const { terms } = hostTables;
  assert.match(said(advise(waiting())), /SO\.REUSEADDR before bind\(\)/);
  assert.match(said(advise(waiting({ reuseAddress: false }))), /^Wait 1 min 30 s; .*does not help/);
  assert.match(said(advise(waiting({ reuseAddress: false, remaining: undefined }))), /^Wait a minute/);
  const group = { kind: "reuse-port-group", sockets: 2, user: "ana" } as const;
  assert.match(said(advise({ ...group, joinable: true })), /SO\.REUSEPORT/);
  assert.deepEqual(advise({ ...group, joinable: false }), []);
  assert.deepEqual(advise({ kind: "exclusive-use" }), []);
  const [choose, ...others] = advise({ kind: "privileged-port", port: 80, start: 1024 });
  assert.match(choose?.message ?? "", /1024/);
  assert.deepEqual(others, terms.advice.privileged(80));
  assert.deepEqual(commands(advise({ kind: "address-not-local", localAddresses: [] })), [
    terms.advice.addresses,
  ]);
  const usedUp = { kind: "ports-exhausted", first: 1, last: 2, reserved: 0, used: 2, timeWait: 0 } as const;
  assert.deepEqual(advise(usedUp), terms.advice.portsUsedUp);
  const { remove, makeDirectory } = terms.advice;
  assert.deepEqual(commands(advise({ kind: "stale-path", path: "/a b" })), [`${remove} '/a b'`]);
  assert.equal(advise({ kind: "not-a-socket", path: "/x", is: "file" }).length, 1);
  const missing = { kind: "missing-directory", directory: "/a b" } as const;
  assert.deepEqual(commands(advise(missing)), [`${makeDirectory} '/a b'`]);
  const denied = { kind: "directory-denied", directory: "/x", owner: "ana", mode: "755" } as const;
  assert.match(said(advise(denied)), /XDG_RUNTIME_DIR/);
  assert.equal(advise({ kind: "unavailable", reason: "" }).length, 1);
  assert.equal(advise({ kind: "excluded-port", port: 1 }).length, 1 + terms.advice.excluded.length);
});

test("why a process was left alone: a message for each reason", () => {
  const reasons = (["ended", "denied", "not supported", "unproven"] as const).map(signalFailure);
  assert.equal(new Set(reasons).size, 4);
  for (const reason of reasons) assert.match(reason, /\.$/);
});
