import assert from "node:assert/strict";
import { test } from "node:test";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { ScriptedPoller } from "../../../test/engine/scripted-poller.ts";
import { type Script, scripted } from "../../../test/scripted/scripted.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import { queueErrno } from "../../errors/engine-errno.ts";
import { EXCEPTIONAL, READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import { LENGTH_SIZE, ValueResult } from "../../system/value-result.ts";
import { PATIENCE } from "../patience.ts";
import { ReadinessEngine } from "./readiness.ts";

function start(script: Script) {
  const system = scripted(script);
  const poller = new ScriptedPoller();
  return { system, poller, engine: new ReadinessEngine(system, poller.openPoller) };
}

const { errnos } = scripted({});
const errno = (name: string): number => -(errnos[name] ?? 0);
const AGAIN = errno("EAGAIN");
const INTERRUPTED = errno("EINTR");
const word = Buffer.from("word");

/** Every errno except those that mean "try again". */
const failures = Object.values(errnos)
  .map((number) => -number)
  .filter((number) => number !== AGAIN && number !== INTERRUPTED);

test("readiness: every failure of recv() is reported once", async () => {
  for (const failure of failures) {
    const { engine, poller, system } = start({ recv: [failure] });
    const left = new RecordedStream(engine, 7);
    left.stream.resume();
    poller.report(7, READABLE);
    await left.until(() => left.errno !== 0);
    assert.equal(left.errno, failure);
    poller.report(7, READABLE | WRITABLE | EXCEPTIONAL);
    await someTurns();
    assert.equal(system.calls.filter((call) => call.startsWith("recv")).length, 1);
    assert.equal(await left.close(), failure);
    assert.equal(poller.open, false);
  }
});

test("readiness: every failure of send() is reported, and the bytes are pending until then", async () => {
  for (const failure of failures) {
    const { engine } = start({ send: [failure] });
    const left = new RecordedStream(engine, 7);
    left.stream.write(word);
    left.stream.write(word);
    assert.deepEqual([left.errno, left.stream.pendingBytes], [0, 8]);
    await left.until(() => left.errno !== 0);
    assert.deepEqual([left.errno, left.stream.pendingBytes], [failure, 0]);
    assert.equal(await left.shutdown(), failure);
    assert.equal(await left.close(), failure);
  }
});

test("readiness: every failure of accept() is reported, and the next accept() tries again", async () => {
  for (const failure of failures) {
    const { engine, poller } = start({ accept: [failure, 1001, AGAIN] });
    const results: number[] = [];
    const acceptor = engine.acceptor(7, {
      onAccept: (fd) => results.push(fd),
      onError: (result) => results.push(result),
    });
    acceptor.accept(2);
    poller.report(7, READABLE);
    await someTurns();
    assert.deepEqual(results, [failure]);
    acceptor.accept(1);
    await someTurns();
    assert.deepEqual(results, [failure, 1001]);
    await new Promise((resolve) => acceptor.close(resolve));
  }
});

test("readiness: every failure of connect() is reported, immediately or later", async () => {
  const address = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 16));
  for (const failure of failures.filter((each) => each !== errno("EINPROGRESS"))) {
    const { engine } = start({ connect: [failure] });
    assert.equal(await new Promise((resolve) => engine.connect(7, address, resolve)), failure);
  }
  for (const first of ["EINPROGRESS", "EINTR"]) {
    const later = start({
      connect: [errno(first)],
      getsockopt: [
        (_fd, _level, _name, value) => {
          value.ints[0] = -errno("EHOSTUNREACH");
          return 0;
        },
      ],
    });
    const result = new Promise((resolve) => later.engine.connect(7, address, resolve));
    later.poller.report(7, WRITABLE | EXCEPTIONAL);
    assert.equal(await result, errno("EHOSTUNREACH"));
    assert.equal(later.poller.added.size, 0);
  }
});

test("readiness: a failed sendmsg() concerns only its datagram, and recvmmsg() continues", async () => {
  for (const failure of failures) {
    const { engine, poller } = start({ sendmmsg: [1, failure, 1], recvmmsg: [failure, AGAIN] });
    const sent: number[] = [];
    const failed: number[] = [];
    const datagrams = engine.datagrams(7, {
      onDatagram: () => {},
      onSent: (result) => sent.push(result),
      onError: (result) => failed.push(result),
    });
    for (let count = 0; count < 3; count++) datagrams.send(word, null);
    datagrams.resume();
    poller.report(7, READABLE);
    await someTurns();
    assert.deepEqual([sent, failed, datagrams.pendingBytes], [[0, failure, 0], [failure], 0]);
    await new Promise((resolve) => datagrams.close(resolve));
  }
});

test("readiness: only a connected socket reports that a datagram was not received, even with Winsock", async () => {
  for (const peer of [0, errno("ENOTCONN")]) {
    const { engine, poller } = start({ recvmmsg: [errno("ECONNRESET"), 1, AGAIN], getpeername: [peer] });
    const failed: number[] = [];
    let received = 0;
    const datagrams = engine.datagrams(7, {
      onDatagram: () => received++,
      onSent: () => {},
      onError: (result) => failed.push(result),
    });
    datagrams.resume();
    poller.report(7, READABLE);
    await someTurns();
    assert.deepEqual([failed, received], [peer === 0 ? [errno("ECONNRESET")] : [], 1]);
    await new Promise((resolve) => datagrams.close(resolve));
  }
});

test("readiness: a call interrupted by a signal is retried", async () => {
  const { engine, poller } = start({
    accept: [INTERRUPTED, 1001, AGAIN],
    recv: [INTERRUPTED, 4, INTERRUPTED, 0],
    send: [INTERRUPTED, 4],
  });
  const left = new RecordedStream(engine, 7);
  left.stream.resume();
  left.stream.write(word);
  assert.equal(left.stream.pendingBytes, 4);
  poller.report(7, READABLE);
  await left.until(() => left.ended && left.drains === 1);
  assert.equal(left.received.length, 4);
  const accepted: number[] = [];
  const acceptor = engine.acceptor(8, { onAccept: (fd) => accepted.push(fd), onError: () => assert.fail() });
  acceptor.accept(1);
  poller.report(8, READABLE);
  await someTurns();
  assert.deepEqual(accepted, [1001]);
  acceptor.close();
  await left.close();
});

test("readiness: a descriptor that cannot be watched is reported to its owner", async () => {
  const { engine, poller } = start({ send: [AGAIN], connect: [errno("EINPROGRESS")] });
  poller.returned = errno("ENOSPC");
  const receiving = new RecordedStream(engine, 7);
  receiving.stream.resume();
  const sending = new RecordedStream(engine, 8);
  sending.stream.write(word);
  await Promise.all([receiving.until(() => receiving.errno !== 0), sending.until(() => sending.errno !== 0)]);
  assert.deepEqual([receiving.errno, sending.errno], [poller.returned, poller.returned]);
  const failed: number[] = [];
  const acceptor = engine.acceptor(9, { onAccept: () => {}, onError: (result) => failed.push(result) });
  acceptor.accept(1);
  await someTurns();
  assert.deepEqual(failed, [poller.returned]);
  const address = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 16));
  assert.equal(await new Promise((resolve) => engine.connect(10, address, resolve)), poller.returned);
  acceptor.close();
  await Promise.all([receiving.close(), sending.close()]);
});

test("readiness: if the poller gets no descriptor, that is reported, and retried later", async () => {
  const system = scripted({ recv: [AGAIN] });
  const poller = new ScriptedPoller();
  let opens = 0;
  const engine = new ReadinessEngine(system, (awake) =>
    ++opens < 3 ? errno("EMFILE") : poller.openPoller(awake),
  );
  const left = new RecordedStream(engine, 7);
  left.stream.resume();
  await left.until(() => left.errno !== 0);
  assert.equal(left.errno, errno("EMFILE"));
  const right = new RecordedStream(engine, 8);
  right.stream.resume();
  assert.ok(poller.added.has(8));
  await Promise.all([left.close(), right.close()]);
});

test("readiness: an event of a closed descriptor does not reach its successor", async () => {
  const { engine, poller, system } = start({ recv: [AGAIN] });
  const first = new RecordedStream(engine, 7);
  first.stream.resume();
  poller.report(7, READABLE);
  await first.close();
  const second = new RecordedStream(engine, 8);
  second.stream.resume();
  assert.equal(poller.added.get(8)?.slot, poller.added.get(7)?.slot);
  const before = system.calls.length;
  poller.report(7, READABLE);
  await someTurns();
  assert.equal(system.calls.length, before);
  await second.close();
});

test("readiness: a program that only awaits its writes does not block the event loop", async () => {
  const { engine } = start({});
  const left = new RecordedStream(engine, 7);
  let turns = 0;
  setImmediate(() => turns++);
  for (let count = 0; turns === 0; count++) {
    assert.ok(count < 1000, "the event loop is blocked");
    left.stream.write(word);
    await (left.stream.pendingBytes === 0 ? undefined : left.until(() => left.stream.pendingBytes === 0));
  }
  await left.close();
});

test("readiness: a handler's small writes share a call, large ones get their own, all in order", async () => {
  const sent: string[] = [];
  const { engine, poller } = start({
    recv: [4, AGAIN],
    send: [
      (_fd, bytes) => {
        sent.push(Buffer.from(bytes.subarray(0, 10)).toString());
        return bytes.length;
      },
    ],
  });
  const left = new RecordedStream(engine, 7);
  left.whenData = () => {
    for (const text of ["a", "b", "c"]) left.stream.write(Buffer.from(text));
    assert.equal(left.stream.pendingBytes, 3);
    left.stream.write(Buffer.alloc(5000, "x"));
    left.stream.write(Buffer.from("end"));
  };
  left.stream.resume();
  poller.report(7, READABLE);
  await left.until(() => left.drains > 0);
  assert.deepEqual(sent, ["abc", "xxxxxxxxxx", "end"]);
  await left.close();
});

test("readiness: the 65th waiting connection is accepted, even if none follows", async () => {
  const { engine, poller } = start({
    accept: [...Array.from({ length: 70 }, (_, index) => 1000 + index), AGAIN],
  });
  const accepted: number[] = [];
  const acceptor = engine.acceptor(7, { onAccept: (fd) => accepted.push(fd), onError: () => assert.fail() });
  acceptor.accept(100);
  poller.report(7, READABLE);
  await someTurns();
  assert.equal(accepted.length, 70);
  await new Promise((resolve) => acceptor.close(resolve));
});

test("readiness: data that a handler writes before it closes is sent", async () => {
  const { engine, poller, system } = start({ recv: [4, AGAIN] });
  const left = new RecordedStream(engine, 7);
  let closed: Promise<number> | undefined;
  left.whenData = () => {
    left.stream.write(word);
    closed = left.close();
  };
  left.stream.resume();
  poller.report(7, READABLE);
  await left.until(() => closed !== undefined);
  assert.equal(await closed, 0);
  const names = system.calls.map((call) => call.slice(0, call.indexOf("(")));
  assert.deepEqual(
    names.filter((name) => ["send", "close"].includes(name)),
    ["send", "close"],
  );
});

test("readiness: data that a handler writes before closeNow() is sent, or dropped if the buffer is full", async () => {
  for (const { send, sent, expected } of [
    { send: 4, sent: ["send", "close"], expected: 0 },
    { send: AGAIN, sent: ["send", "close"], expected: errno("ECANCELED") },
  ]) {
    const { engine, poller, system } = start({ recv: [4, AGAIN], send: [send] });
    const left = new RecordedStream(engine, 7);
    let closed: Promise<number> | undefined;
    left.whenData = () => {
      left.stream.write(word);
      closed = new Promise((resolve) => left.stream.closeNow(resolve));
      assert.equal(left.stream.pendingBytes, 0);
    };
    left.stream.resume();
    poller.report(7, READABLE);
    await left.until(() => closed !== undefined);
    assert.equal(await closed, expected);
    const names = system.calls.map((call) => call.slice(0, call.indexOf("(")));
    assert.deepEqual(
      names.filter((name) => ["send", "close"].includes(name)),
      sent,
    );
  }
});

test("readiness: if the system takes part of the pieces sent together, the rest follows in order", async () => {
  for (const taken of [0, 1, 4, 6, 8, 11]) {
    const sent: string[] = [];
    const send = (_: number, bytes: Uint8Array) => {
      sent.push(Buffer.from(bytes).toString());
      return bytes.length;
    };
    const { engine, poller, system } = start({ sendmsg: [taken || AGAIN], send: Array(3).fill(send) });
    const left = new RecordedStream(engine, 7);
    left.stream.writev(["I say ", "to ", "you"].map((piece) => Buffer.from(piece)));
    assert.equal(left.stream.pendingBytes, 12 - taken);
    poller.report(7, WRITABLE);
    await left.until(() => left.drains === 1);
    assert.equal(sent.join(""), "I say to you".slice(taken));
    assert.equal(system.calls.filter((call) => call.startsWith("sendmsg")).length, 1);
    await left.close();
  }
});

test("readiness: a released descriptor is no longer watched", async () => {
  const { engine, poller } = start({ recv: [AGAIN] });
  const left = new RecordedStream(engine, 7);
  left.stream.resume();
  await someTurns();
  assert.ok(poller.added.has(7));
  const released = await new Promise((resolve) => left.stream.release(resolve));
  assert.equal(released, 0);
  assert.ok(!poller.added.has(7));
});

test("readiness: a send of the rest that a signal interrupts is retried", async () => {
  const { engine, poller } = start({ send: [2, INTERRUPTED, 2] });
  const left = new RecordedStream(engine, 7);
  left.stream.write(word);
  assert.equal(left.stream.pendingBytes, 2);
  poller.report(7, WRITABLE);
  await left.until(() => left.drains === 1 || left.errno !== 0);
  assert.deepEqual([left.errno, left.stream.pendingBytes], [0, 0]);
  await left.close();
});

test("readiness: unsent data is pending until its failure is reported", async () => {
  const { engine, poller } = start({ recv: [4, AGAIN], send: [2, errno("ECONNRESET")] });
  const left = new RecordedStream(engine, 7);
  const other = new RecordedStream(engine, 8);
  left.stream.write(word);
  let pending = -1;
  // Served after the first, in the same turn.
  other.whenData = () => {
    pending = left.stream.pendingBytes;
  };
  other.stream.resume();
  poller.report(7, WRITABLE);
  poller.report(8, READABLE);
  await left.until(() => left.errno !== 0);
  assert.deepEqual([pending, left.stream.pendingBytes], [2, 0]);
  await Promise.all([left.close(), other.close()]);
});

test("readiness: reset() reports -ECANCELED if bytes were unsent, and 0 otherwise", async () => {
  for (const { send, expected } of [
    { send: AGAIN, expected: errno("ECANCELED") },
    { send: 1, expected: 0 },
  ]) {
    const { engine } = start({ send: [send] });
    const left = new RecordedStream(engine, 7);
    left.stream.write(Buffer.from("x"));
    assert.equal(await left.reset(), expected);
  }
});

test("readiness: a queue that fails for five seconds is abandoned; everything open ends with its error", async () => {
  const failure = errno("EBADF");
  let now = 1000;
  const system = { ...scripted({ recv: [AGAIN, 4] }), clock: { ...machineClock, now: () => now } };
  const poller = new ScriptedPoller();
  const engine = new ReadinessEngine(system, poller.openPoller);
  const left = new RecordedStream(engine, 7);
  left.stream.resume();
  const polled: number[] = [];
  engine.poll(8, "receive", (result) => polled.push(result));
  const turn = async () => {
    poller.wake();
    await someTurns();
  };
  await turn();
  poller.failing = failure;
  await turn();
  now += PATIENCE - 1;
  await turn();
  assert.deepEqual([left.errno, polled, poller.open], [0, [], true]);
  // One success restarts the five seconds.
  poller.failing = 0;
  await turn();
  poller.failing = failure;
  now += 1;
  await turn();
  now += PATIENCE - 1;
  await turn();
  assert.deepEqual([left.errno, polled, poller.open], [0, [], true]);
  now += 1;
  poller.added.clear();
  await turn();
  assert.deepEqual([left.errno, polled], [queueErrno(failure), [queueErrno(failure)]]);

  // A new queue watches descriptors opened from now on, and none of the earlier ones.
  poller.failing = 0;
  const right = new RecordedStream(engine, 9);
  right.stream.resume();
  await someTurns();
  assert.deepEqual([...poller.added.keys()], [9]);
  await Promise.all([left.close(), right.close()]);
  assert.equal(poller.open, false);
});

test("readiness: a datagram socket that cannot be watched gets the error, for receiving and for sending", async () => {
  const { engine, poller } = start({ sendmmsg: [AGAIN] });
  poller.returned = errno("ENOSPC");
  const failed: number[] = [];
  const handlers = {
    onDatagram: () => {},
    onSent: () => {},
    onError: (result: number) => failed.push(result),
  };
  const receiving = engine.datagrams(7, handlers);
  receiving.resume();
  await someTurns();
  assert.deepEqual(failed, [poller.returned]);
  const sending = engine.datagrams(8, handlers);
  sending.send(word, null);
  await someTurns();
  assert.deepEqual(failed, [poller.returned, poller.returned]);
  receiving.close();
  sending.close();
});

const endings = ["close", "closeNow", "reset"] as const;

for (const first of endings)
  for (const second of endings)
    test(`readiness: ${first}(), then ${second}(), at once and later: each callback runs, and the descriptor is closed once`, async () => {
      for (const later of [false, true]) {
        const { engine, system } = start({});
        const { stream } = new RecordedStream(engine, 7);
        const results: number[] = [];
        stream[first]((result) => results.push(result));
        if (later) await someTurns();
        stream[second]((result) => results.push(result));
        await someTurns();
        assert.deepEqual(results, [0, 0]);
        assert.equal(system.calls.filter((call) => call === "close(7)").length, 1);
      }
    });
