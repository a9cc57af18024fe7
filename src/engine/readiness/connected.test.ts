import assert from "node:assert/strict";
import { test } from "node:test";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { ScriptedPoller } from "../../../test/engine/scripted-poller.ts";
import { scripted } from "../../../test/scripted/scripted.ts";
import { EXCEPTIONAL, READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import type { SocketKind } from "../engine.ts";
import { ReadinessEngine } from "./readiness.ts";

const { EAGAIN = 0, EINPROGRESS = 0 } = scripted({}).errnos;
const FD = 1001;

/** Counts how often a descriptor is added and removed. */
class CountingPoller extends ScriptedPoller {
  readonly calls: string[] = [];

  override add(fd: number, slot: number, generation: number): number {
    this.calls.push("add");
    return super.add(fd, slot, generation);
  }

  override remove(fd: number): void {
    this.calls.push("remove");
    super.remove(fd);
  }
}

/** An engine on which a connect() is under way, and whose streams receive these pieces. */
function connecting(kind: SocketKind | undefined, pieces: number[], done: (engine: ReadinessEngine) => void) {
  const system = scripted({
    connect: [-EINPROGRESS],
    getsockopt: [0],
    recv: [() => pieces.shift() ?? -EAGAIN],
  });
  const poller = new CountingPoller();
  const engine = new ReadinessEngine(system, poller.openPoller);
  engine.connect(FD, system.address, () => done(engine), kind);
  return { engine, poller, system };
}

test("readiness: a stream made at once takes over what its connect() watches", async () => {
  const streams: RecordedStream[] = [];
  const { poller } = connecting({ isTcp: undefined }, [5, -EAGAIN, 3], (engine) => {
    const made = new RecordedStream(engine, FD);
    made.stream.resume();
    streams.push(made);
  });
  // The first bytes came along with the end of connecting, and are not reported again.
  poller.report(FD, WRITABLE | READABLE);
  await someTurns();
  const [made] = streams;
  assert.ok(made);
  assert.equal(made.received.length, 5);
  poller.report(FD, READABLE);
  await someTurns();
  assert.equal(made.received.length, 8);
  assert.deepEqual(poller.calls, ["add"]);
  await made.close();
});

test("readiness: events of a socket closed after its connect() reach no other socket", async () => {
  const { engine, poller, system } = connecting({ isTcp: undefined }, [], () => system.close(FD));
  poller.report(FD, WRITABLE);
  await someTurns();
  const old = poller.added.get(FD);
  const other = new RecordedStream(engine, 1002);
  other.stream.resume();
  const added = poller.added.get(1002);
  assert.ok(old !== undefined && added !== undefined);
  assert.ok(old.slot !== added.slot || old.generation !== added.generation);
  assert.deepEqual(poller.calls, ["add", "add"]);
  await other.close();
  await someTurns();
  assert.equal(poller.open, false, "nothing is left");
});

test("readiness: a descriptor is not watched between its connect() and a stream made later", async () => {
  let done = 0;
  const { engine, poller } = connecting(undefined, [5], () => done++);
  poller.report(FD, WRITABLE);
  await someTurns();
  assert.equal(done, 1);
  assert.deepEqual(poller.calls, ["add", "remove"]);
  const made = new RecordedStream(engine, FD);
  made.stream.resume();
  poller.report(FD, READABLE);
  await someTurns();
  assert.equal(made.received.length, 5);
  await made.close();
});

const asked = ({ system }: ReturnType<typeof connecting>) =>
  system.calls.filter((call) => call.startsWith("getsockopt")).length;

test("readiness: a socket that is only writable is connected without a further query", async () => {
  for (const { ready, tellsFailures, asks } of [
    { ready: WRITABLE, tellsFailures: true, asks: 0 },
    { ready: WRITABLE | READABLE, tellsFailures: true, asks: 0 },
    { ready: WRITABLE | READABLE | EXCEPTIONAL, tellsFailures: true, asks: 1 },
    { ready: WRITABLE, tellsFailures: false, asks: 1 },
  ]) {
    let done = 0;
    const started = connecting(undefined, [], () => done++);
    started.poller.tellsFailures = tellsFailures;
    started.poller.report(FD, ready);
    await someTurns();
    assert.equal(done, 1);
    assert.equal(asked(started), asks, `${ready}, ${tellsFailures}`);
  }
});

test("readiness: the protocol is read once per kind of socket", async () => {
  const kind: SocketKind = { isTcp: undefined };
  for (const calls of [1, 0]) {
    const streams: RecordedStream[] = [];
    const started = connecting(kind, [], (engine) => streams.push(new RecordedStream(engine, FD)));
    started.poller.report(FD, WRITABLE);
    await someTurns();
    assert.equal(asked(started), calls);
    assert.equal(kind.isTcp, false, "the script answers 0");
    for (const made of streams) await made.close();
  }
});
