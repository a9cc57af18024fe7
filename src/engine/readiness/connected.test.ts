import assert from "node:assert/strict";
import { test } from "node:test";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { ScriptedPoller } from "../../../test/engine/scripted-poller.ts";
import { scripted } from "../../../test/scripted/scripted.ts";
import { READABLE, WRITABLE } from "../../system/readiness-queue.ts";
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
function connecting(streamsAtOnce: boolean, pieces: number[], done: (engine: ReadinessEngine) => void) {
  const system = scripted({
    connect: [-EINPROGRESS],
    getsockopt: [0],
    recv: [() => pieces.shift() ?? -EAGAIN],
  });
  const poller = new CountingPoller();
  const engine = new ReadinessEngine(system, poller.openPoller);
  engine.connect(FD, system.address, () => done(engine), streamsAtOnce);
  return { engine, poller, system };
}

test("readiness: a stream made at once takes over what its connect() watches", async () => {
  const streams: RecordedStream[] = [];
  const { poller } = connecting(true, [5, -EAGAIN, 3], (engine) => {
    const made = new RecordedStream(engine, FD);
    made.stream.resume();
    streams.push(made);
  });
  // The first bytes came along with the end of connecting, and are not reported again.
  poller.tell(FD, WRITABLE | READABLE);
  await someTurns();
  const [made] = streams;
  assert.ok(made);
  assert.equal(made.received.length, 5);
  poller.tell(FD, READABLE);
  await someTurns();
  assert.equal(made.received.length, 8);
  assert.deepEqual(poller.calls, ["add"]);
  await made.close();
});

test("readiness: events of a socket closed after its connect() reach nobody else", async () => {
  const { engine, poller, system } = connecting(true, [], () => system.close(FD));
  poller.tell(FD, WRITABLE);
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
  const { engine, poller } = connecting(false, [5], () => done++);
  poller.tell(FD, WRITABLE);
  await someTurns();
  assert.equal(done, 1);
  assert.deepEqual(poller.calls, ["add", "remove"]);
  const made = new RecordedStream(engine, FD);
  made.stream.resume();
  poller.tell(FD, READABLE);
  await someTurns();
  assert.equal(made.received.length, 5);
  await made.close();
});
