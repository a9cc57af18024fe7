// A separate ring, without a loop.
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { Fixture } from "../../../test/fixture.ts";
import { ringErrno } from "../../errors/engine-errno.ts";
import { Ring } from "./ring.ts";
import { setupRing } from "./ring-setup.ts";
import { prepClose, prepNop } from "./sqe.ts";

const EIO = -5;

/** How many completions the eventfd has signalled since its counter was last read. */
function signalled(ring: Ring): number {
  const info = readFileSync(`/proc/self/fdinfo/${ring.eventfd}`, "utf8");
  return Number.parseInt(/^eventfd-count:\s*(\w+)$/m.exec(info)?.[1] ?? "", 16);
}

/** The results of the completions that are available, by their user_data. */
function reaped(ring: Ring): Map<number, number> {
  const results = new Map<number, number>();
  ring.reap((operation, _, result) => void results.set(operation, result), 100);
  return results;
}

function prepare(ring: Ring, operation: number, closes?: number): void {
  const sqe = ring.getSqe();
  sqe.setUserData(operation, 0);
  if (closes === undefined) prepNop(sqe);
  else prepClose(sqe, { fd: closes });
}

const isOpen = (fd: number): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) !== "";
  } catch {
    return false;
  }
};

const here = { skip: enginesHere.some(({ name }) => name === "uring") ? false : "there is no io_uring here" };

test("uring: where the loop watches the ring, nothing reads the eventfd", here, () => {
  const ring = new Ring(setupRing(), "ring");
  assert.equal(ring.watched, ring.fd);
  ring.readEventfd();
  assert.equal(ring.unsubmitted, 0);
  ring.release();
});

test("uring: the eventfd counts completions unless it is silenced, until it is read", here, () => {
  const ring = new Ring(setupRing(), "eventfd");
  prepare(ring, 7);
  ring.submit();
  assert.equal(signalled(ring), 1);
  ring.silence();
  prepare(ring, 8);
  ring.submit();
  assert.equal(signalled(ring), 1);
  assert.deepEqual(
    reaped(ring),
    new Map([
      [7, 0],
      [8, 0],
    ]),
  );
  ring.readEventfd();
  ring.submit();
  assert.equal(signalled(ring), 0);
  assert.ok(!ring.busy, "reading it leaves no completion");
  ring.signal();
  prepare(ring, 9);
  ring.submit();
  assert.equal(signalled(ring), 1);
  ring.fail(EIO);
  ring.release();
});

test(
  "uring: a ring that has failed closes descriptors itself, and fails everything else",
  here,
  (context) => {
    const fixture = new Fixture(context);
    const open = () => openSync("/dev/null", "r");
    const [before, after, kept] = [open(), open(), open()];
    fixture.after(() => closeSync(kept));
    const ring = new Ring(setupRing(), "eventfd");
    prepare(ring, 1, before);
    prepare(ring, 2);
    ring.fail(EIO);
    assert.deepEqual([ring.failure, ring.toEnter, ring.busy], [EIO, false, true]);
    ring.readEventfd();
    assert.equal(ring.unsubmitted, 2, "nothing more is submitted");
    ring.release();
    ring.release();
    assert.deepEqual([before, after, kept].map(isOpen), [false, true, true]);
    assert.deepEqual([isOpen(ring.fd), isOpen(ring.eventfd)], [false, false]);
    assert.equal(ring.peek(1, 0), undefined);
    assert.ok(!ring.busy, "no entry waits");

    prepare(ring, 3, after);
    prepare(ring, 4);
    ring.submit();
    assert.ok(ring.busy);
    assert.deepEqual(
      reaped(ring),
      new Map([
        [3, 0],
        [4, ringErrno(EIO)],
      ]),
    );
    assert.deepEqual([after, kept].map(isOpen), [false, true]);
    assert.deepEqual([reaped(ring), ring.busy], [new Map(), false]);
  },
);
