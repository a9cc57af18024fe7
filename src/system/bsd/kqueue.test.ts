import assert from "node:assert/strict";
import { test } from "node:test";
import { EDGE, EXCEPTIONAL, READABLE, WRITABLE } from "../readiness-queue.ts";
import { KEVENT_SIZE } from "./kevent.ts";
import { type KqueueLibc, openKqueue } from "./kqueue.ts";

const ENOENT = 2;
const EBADF = 9;

/** A kqueue whose calls a test records, as hexadecimal, and answers. */
function start(size: 32 | 64) {
  const calls: string[] = [];
  const answers: { returned: number; errno?: number; events?: string }[] = [];
  let errno = 0;
  const libc: KqueueLibc = {
    kqueue: () => 5,
    kevent(_queue, changes, count, events, _buffer, timeout) {
      calls.push(changes === null ? "look" : Buffer.from(changes.subarray(0, count * size)).toString("hex"));
      assert.equal(timeout === null, events === null);
      const answer = answers.shift() ?? { returned: 0 };
      errno = answer.errno ?? 0;
      if (answer.events !== undefined) events?.set(Buffer.from(answer.events, "hex"));
      return answer.returned;
    },
    close: (fd) => calls.push(`close ${fd}`),
    errno: () => errno,
  };
  const queue = openKqueue(size, { ENOENT }, libc);
  assert.ok(typeof queue === "object");
  return { queue, calls, answers };
}

/** struct kevent: ident, filter, flags, fflags, data, udata; and FreeBSD's ext. */
function kevent(size: number, ident: string, filter: string, flags: string, udata: string): string {
  return `${ident}${"00".repeat(7)}${filter}${flags}${"00".repeat(4)}${"00".repeat(8)}${udata}`.padEnd(
    size * 2,
    "0",
  );
}

for (const [system, size] of Object.entries(KEVENT_SIZE)) {
  test(`kqueue: struct kevent of ${system}, as its header has it`, () => {
    const { queue, calls } = start(size);
    assert.equal(queue.add(7, READABLE | WRITABLE | EDGE, 0x01020304, 0x0a0b0c0d), 0);
    const udata = "040302010d0c0b0a";
    const [read, write] = ["ffff", "feff"];
    assert.equal(
      calls.pop(),
      kevent(size, "07", read, "2100", udata) + kevent(size, "07", write, "2100", udata),
    );
    assert.equal(queue.add(7, WRITABLE, 1, 0), 0);
    assert.equal(calls.pop(), kevent(size, "07", write, "0100", `01${"00".repeat(7)}`));
    assert.equal(queue.remove(7), 0);
    assert.deepEqual(calls, [
      kevent(size, "07", read, "0200", "00".repeat(8)),
      kevent(size, "07", write, "0200", "00".repeat(8)),
    ]);
  });

  test(`kqueue: ready events on ${system}`, () => {
    const { queue, answers } = start(size);
    const udata = "0100000002000000";
    answers.push({
      returned: 3,
      events:
        kevent(size, "07", "ffff", "2000", udata) +
        kevent(size, "07", "feff", "2000", udata) +
        kevent(size, "07", "feff", "2080", udata),
    });
    assert.equal(queue.look(), 3);
    assert.deepEqual([queue.slot(1), queue.generation(1)], [1, 2]);
    assert.deepEqual(
      [0, 1, 2].map((index) => queue.ready(index)),
      [READABLE | EXCEPTIONAL, WRITABLE, WRITABLE | EXCEPTIONAL],
    );
  });
}

test("kqueue: remove() removes both directions, one of which may be absent", () => {
  const { queue, calls, answers } = start(32);
  answers.push({ returned: -1, errno: ENOENT }, { returned: 0 });
  assert.equal(queue.remove(7), 0);
  assert.equal(calls.length, 2);
  answers.push({ returned: -1, errno: EBADF }, { returned: -1, errno: EBADF });
  assert.equal(queue.remove(7), -EBADF);
  queue.close();
  assert.equal(calls.pop(), "close 5");
});
