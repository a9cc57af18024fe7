// Every failure of a connection's system calls: the kernel's own calls, some of which a test makes
// fail.
import assert from "node:assert/strict";
import { waitInQueue } from "../../../test/engine/async-api.ts";
import { engineOnSystem } from "../../../test/engine/engine-on-system.ts";
import { engineTest, eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { type FailingEngine, failingEngines } from "../../../test/engine/failing-engines.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { acceptErrors } from "../../posix/accept.ts";
import { tryConnect } from "../../posix/connect.ts";
import { host } from "../../system/host.ts";
import { connect } from "../connection/connect.ts";
import { ConnectAttempt, type Outcome } from "../connection/connect-attempt.ts";
import type { Connection } from "../connection/connection.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import { Listener } from "../listener/listener.ts";
import { openListeningSockets } from "../listener/listening-sockets.ts";
import { Server } from "../listener/server.ts";
import { checkListenOptions, type ListenOptions } from "../options/listen-options.ts";

const { errnos } = host;
const number = (code: string): number => -(errnos[code] ?? assert.fail(code));

/**
 * Every errno except those that mean "try again", and those of cancelled operations in the ring.
 */
const failures = Object.keys(errnos).filter(
  (code) => !["EAGAIN", "EWOULDBLOCK", "EINTR", "ECANCELED"].includes(code),
);

/**
 * Errors of a connection before it was accepted: accept(2), "Error handling"; EPERM comes from a
 * Linux firewall.
 */
const lost = [
  ...["ECONNABORTED", "EPROTO", "EPERM"],
  ...["ENETDOWN", "ENOPROTOOPT", "EHOSTDOWN", "ENONET", "EHOSTUNREACH", "EOPNOTSUPP", "ENETUNREACH"],
  // The same by other names.
  ...["ECONNRESET", "ETIMEDOUT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT"],
];
/** ENOSPC is epoll's (epoll_ctl(2)): too many descriptors are watched for now. */
const putOff = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ENOSR", "ENOSPC"].filter((code) => code in errnos);

const engines = failingEngines();

function failingTest(what: string, run: (failing: FailingEngine, fixture: Fixture) => Promise<void>): void {
  for (const failing of engines)
    engineTest(failing.engine, `errnos: ${what}`, (fixture) => run(failing, fixture));
}

const loopback: ListenOptions = { host: "127.0.0.1" };

async function serve<State>(
  { engine }: FailingEngine,
  handlers: ConnectionHandlers<State>,
  options: ListenOptions = loopback,
): Promise<Server> {
  const checked = checkListenOptions(options);
  return new Server(engine, await openListeningSockets(host, checked), checked, handlers);
}

async function listen({ engine }: FailingEngine, options: ListenOptions = loopback): Promise<Listener> {
  const checked = checkListenOptions(options);
  return new Listener(engine, await openListeningSockets(host, checked), checked);
}

/** Connects on a separate engine, none of whose calls fails. */
const client = ({ engine }: FailingEngine, { address }: Server | Listener) =>
  connect({ address, engine: engine.name });

/** Connects on the failing engine. */
const attempt = ({ engine }: FailingEngine, { address }: Server | Listener) =>
  new Promise<Outcome>((resolve) => {
    assert.ok(address.family === "ipv4");
    const settings = { engine, options: [], localAddress: undefined, localPort: 0 };
    new ConnectAttempt(address, settings, resolve);
  });

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : error);

/** The error for this errno of accept(2) on a listening socket. */
const nameOf = (code: string) =>
  acceptErrors.failure(host, number(code), { ask: () => "ProtocolFailure" }).error.name;

/** Delivers one connection, whatever happens to those before it. */
async function throughLost(
  failing: FailingEngine,
  start: (options: ListenOptions) => Promise<Server | Listener>,
): Promise<void> {
  const told: unknown[] = [];
  failing.failures.failWith("accept", lost.map(number));
  const server = await start({ ...loopback, onRetry: (error, wait) => told.push(codeOf(error), wait) });
  const peer = await client(failing, server);
  await eventually(() => (server.stats.accepted === 1 ? true : undefined));
  assert.deepEqual(
    told,
    lost.flatMap((code) => [code, 0]),
  );
  const { dropped, retried, causes } = server.stats;
  const counted = Object.values(causes).reduce((sum: number, count) => sum + count, 0);
  assert.deepEqual([dropped, retried, counted], [lost.length, 0, lost.length]);
  for (const code of lost) assert.ok(nameOf(code) in causes, code);
  peer.reset();
  await Promise.all([peer.closed, server.close({ drain: 0 })]);
}

failingTest(
  "a connection that failed before it was accepted is counted, and the next one accepted",
  async (failing) => {
    await throughLost(failing, (options) => serve(failing, {}, options));
    await throughLost(failing, async (options) => {
      const listener = await listen(failing, options);
      listener.accept().then((connection) => connection.reset());
      return listener;
    });
  },
);

/** A server whose delays a test ends by moving its clock. */
async function serveByClock(
  { engine }: FailingEngine,
  clock: ManualClock,
  options: ListenOptions,
): Promise<Server> {
  const checked = checkListenOptions(options);
  const opened = await openListeningSockets(host, checked);
  const system = { ...host, clock };
  return new Server(engineOnSystem(engine, system), opened, checked, {});
}

failingTest("out of descriptors or memory, accept is called once per delay", async (failing) => {
  for (const code of putOff) {
    const clock = new ManualClock();
    const waits: number[] = [];
    const options: ListenOptions = { ...loopback, onRetry: (_, wait) => waits.push(wait) };
    const server = await serveByClock(failing, clock, options);
    await someTurns();
    server.pause();
    await someTurns();
    failing.failures.failWith("accept", Array(12).fill(number(code)));
    const before = failing.failures.made.accept;
    server.resume();
    const peer = await client(failing, server);
    for (let wait = 1; wait <= 12; wait++) {
      await eventually(() => (waits.length >= wait ? true : undefined));
      await someTurns();
      assert.equal(waits.length, wait);
      assert.equal(failing.failures.made.accept - before, wait);
      assert.equal(server.stats.accepted, 0);
      assert.ok(waitInQueue(server, 1));
      clock.tick((waits.at(-1) ?? 0) - 1);
      await someTurns();
      assert.equal(failing.failures.made.accept - before, wait);
      clock.tick(1);
    }
    await eventually(() => (server.stats.accepted === 1 ? true : undefined));
    assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000, 1000]);
    assert.deepEqual(server.stats, {
      accepted: 1,
      dropped: 0,
      retried: 12,
      causes: { [nameOf(code)]: 12 },
    });
    peer.reset();
    await Promise.all([peer.closed, server.close({ drain: 0 })]);
  }
});

failingTest("after a connection, the first delay for descriptors is short again", async (failing) => {
  const clock = new ManualClock();
  const waits: number[] = [];
  const options: ListenOptions = { ...loopback, onRetry: (_, wait) => waits.push(wait) };
  const server = await serveByClock(failing, clock, options);
  await someTurns();
  for (let round = 1; round <= 2; round++) {
    server.pause();
    await someTurns();
    failing.failures.failWith("accept", Array(3).fill(number("EMFILE")));
    server.resume();
    const peer = await client(failing, server);
    for (let wait = 1; wait <= 3; wait++) {
      await eventually(() => (waits.length >= (round - 1) * 3 + wait ? true : undefined));
      clock.tick(waits.at(-1) ?? 0);
    }
    await eventually(() => (server.stats.accepted === round ? true : undefined));
    peer.reset();
    await peer.closed;
  }
  assert.deepEqual(waits, [5, 10, 20, 5, 10, 20]);
  await server.close({ drain: 0 });
});

failingTest("the end of a connection ends the delay for descriptors", async (failing) => {
  const clock = new ManualClock();
  const waits: number[] = [];
  const options: ListenOptions = { ...loopback, onRetry: (_, wait) => waits.push(wait) };
  const server = await serveByClock(failing, clock, options);
  const first = await client(failing, server);
  await eventually(() => (server.stats.accepted === 1 ? true : undefined));
  server.pause();
  await someTurns();
  failing.failures.failWith("accept", [number("EMFILE")]);
  server.resume();
  const second = await client(failing, server);
  await eventually(() => (waits.length === 1 ? true : undefined));
  await someTurns();
  assert.deepEqual([server.stats.accepted, clock.pending], [1, 1]);
  // The clock stands still: nothing else triggers the second one.
  first.reset();
  await first.closed;
  await eventually(() => (server.stats.accepted === 2 ? true : undefined));
  assert.equal(clock.pending, 0);
  second.reset();
  await Promise.all([second.closed, server.close({ drain: 0 })]);
});

failingTest("every other failure of accept ends the listener, and is reported", async (failing, fixture) => {
  for (const code of failures.filter((each) => !lost.includes(each) && !putOff.includes(each))) {
    const before = failing.failures.made.accept;
    failing.failures.failWith("accept", [number(code)]);
    const listener = await listen(failing);
    const failed = assert.rejects(listener.accept(), (error) => codeOf(error) === code);
    // An operation in the ring fails immediately, so the connection is refused.
    tryConnect(fixture.tcp({ nonblocking: true }), listener.address);
    await failed;
    assert.ok(listener.closed);
    assert.equal(failing.failures.made.accept - before, 1);
    await assert.rejects(listener.accept(), (error) => codeOf(error) === code);
    await listener.close();
  }
});

// Over IP, EAGAIN means that no port is free; only a unix listener is retried.
failingTest("every failure of connect is reported, with the address", async (failing) => {
  const listener = await listen(failing);
  for (const code of [...failures.filter((each) => each !== "EINPROGRESS"), "EAGAIN"]) {
    failing.failures.failWith("connect", [number(code)]);
    const outcome = await attempt(failing, listener);
    assert.ok(!outcome.ok);
    assert.equal(codeOf(outcome.error), code);
    assert.match(String(outcome.error), /127\.0\.0\.1/);
  }
  await listener.close();
});

/**
 * In the ring, receiving reports ENOBUFS if no buffer is left: it is not reported further, but
 * waited for.
 */
const whenReceiving = ({ engine }: FailingEngine) =>
  failures.filter((code) => engine.name !== "uring" || code !== "ENOBUFS");

/** Runs with both ends of a connection for each errno, which must end it. */
async function forEachFailure(
  failing: FailingEngine,
  codes: readonly string[],
  run: (accepted: Connection, peer: Connection, code: string) => Promise<void>,
): Promise<void> {
  const listener = await listen(failing);
  for (const code of codes) {
    const [peer, accepted] = await Promise.all([client(failing, listener), listener.accept()]);
    await run(accepted, peer, code);
    assert.equal(codeOf(await accepted.closed), code);
    assert.ok(accepted.socket.fd === -1);
    peer.reset();
    await peer.closed;
  }
  await listener.close({ drain: 0 });
}

failingTest("every failure of recv is reported by read(), write() and closed", (failing) =>
  forEachFailure(failing, whenReceiving(failing), async (accepted, peer, code) => {
    failing.failures.failWith("recv", [number(code)]);
    const failed = assert.rejects(accepted.read(), (error) => codeOf(error) === code);
    // If the kernel reports no event, the readiness engine makes no call.
    await peer.write("x");
    await failed;
    await assert.rejects(accepted.write("more"), (error) => codeOf(error) === code);
  }),
);

failingTest("every failure of send is reported by write(), read() and closed", (failing) =>
  forEachFailure(failing, failures, async (accepted, _, code) => {
    const reading = assert.rejects(accepted.read(), (error) => codeOf(error) === code);
    failing.failures.failWith("send", [number(code)]);
    await assert.rejects(accepted.write("x"), (error) => codeOf(error) === code);
    await reading;
    await assert.rejects(accepted.end("more"), (error) => codeOf(error) === code);
  }),
);

failingTest("every failure of recv and send goes to error() and close(), once", async (failing) => {
  const told: unknown[] = [];
  const server = await serve(failing, {
    data: (connection, bytes) => connection.write(bytes),
    error: (_, error) => told.push("error", codeOf(error)),
    close: (_, error) => told.push("close", codeOf(error)),
  });
  for (const call of ["recv", "send"] as const) {
    for (const code of call === "recv" ? whenReceiving(failing) : failures) {
      told.length = 0;
      failing.failures.failWith(call, [number(code)]);
      const peer = await client(failing, server);
      await peer.write("x");
      await eventually(() => (told.length >= 4 ? true : undefined));
      assert.deepEqual(told, ["error", code, "close", code]);
      assert.equal(server.connections, 0);
      peer.reset();
      await peer.closed;
    }
  }
  await server.close();
});

failingTest("recv and send are retried after temporary errors", async (failing) => {
  const codes = ["EINTR", ...(failing.engine.name === "uring" ? ["EAGAIN"] : [])];
  const listener = await listen(failing);
  for (const code of codes) {
    const [peer, accepted] = await Promise.all([client(failing, listener), listener.accept()]);
    failing.failures.failWith("recv", [number(code)]);
    failing.failures.failWith("send", [number(code)]);
    const read = accepted.read();
    await peer.write("question");
    assert.equal(Buffer.from((await read) ?? []).toString(), "question");
    await accepted.write("answer");
    assert.equal(Buffer.from((await peer.read()) ?? []).toString(), "answer");
    peer.reset();
    accepted.reset();
    await Promise.all([peer.closed, accepted.closed]);
  }
  await listener.close();
});
