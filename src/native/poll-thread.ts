import { machineClock, type Timer } from "../clock/clock.ts";
import type { OnLoop } from "./event-loop.ts";
import { koffi, openLibrary } from "./library.ts";
import { type Memory, mapMemory } from "./memory.ts";

/**
 * What `onReadable` of event-loop.ts does, for a runtime without libuv: poll(2) waits on a thread
 * of koffi's, and its answer comes back to the event loop. Not for Node, where a poll that is
 * pending hangs process.exit().
 *
 * A thread that waits holds the process. Once that is not wanted, the descriptor is looked at every
 * few milliseconds.
 *
 * Safety: `fd` must be open. It may be closed right after the end: the thread has its file for as
 * long as it waits, and what it waits for besides, an eventfd of its own, ends that.
 */
export function onReadableByThread(fd: number, callback: () => void): OnLoop {
  libc ??= openLibc();
  const { poll, eventfd, eventfdWrite, eventfdRead, close } = libc;
  const end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (end < 0) throw new Error(`eventfd failed: errno ${koffi.errno()}`);
  const memory = slots.pop() ?? mapMemory(2 * POLLFD + 8);
  const view = new DataView(memory.buffer);
  for (const [index, each] of [fd, end].entries()) {
    view.setInt32(index * POLLFD, each, true);
    view.setInt16(index * POLLFD + 4, POLLIN, true);
  }
  let ended = false;
  let released = false;
  let held = true;
  let waiting = false;
  let timer: Timer | undefined;
  function wait() {
    if (waiting || timer !== undefined) return;
    if (ended) return release();
    if (held) {
      waiting = true;
      poll.async(memory.pointer, 2, -1, () => {
        waiting = false;
        answered();
      });
    } else {
      timer = machineClock.setTimeout(look, BETWEEN_LOOKS);
      timer.unref();
    }
  }
  function look() {
    timer = undefined;
    // The one descriptor, and not that which ends a wait of the thread.
    poll(memory.pointer, 1, 0);
    answered();
  }
  function answered() {
    if (unloaded) return;
    if (!ended && view.getInt16(REVENTS, true) !== 0) callback();
    // The callback may leave its work to an immediate: that comes before this one.
    machineClock.setImmediate(proceed);
  }
  function proceed() {
    if (unloaded) return;
    if (view.getInt16(POLLFD + REVENTS, true) !== 0) {
      eventfdRead(end, memory.pointer + BigInt(2 * POLLFD));
      view.setInt16(POLLFD + REVENTS, 0, true);
    }
    wait();
  }
  function release() {
    if (released) return;
    released = true;
    slots.push(memory);
    close(end);
  }
  function interrupt() {
    if (waiting) eventfdWrite(end, 1);
    if (timer === undefined) return;
    machineClock.clearTimeout(timer);
    timer = undefined;
    wait();
  }
  wait();
  return {
    ref() {
      if (ended || held) return;
      held = true;
      interrupt();
    },
    unref() {
      if (ended || !held) return;
      held = false;
      interrupt();
    },
    stop() {
      if (ended) return;
      ended = true;
      interrupt();
    },
  };
}

// include/uapi/asm-generic/poll.h: struct pollfd is { int fd; short events; short revents }.
const POLLFD = 8;
const REVENTS = 6;
const POLLIN = 0x1;
/** include/uapi/linux/eventfd.h */
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/** Milliseconds. */
const BETWEEN_LOOKS = 5;

/** The memory of calls that have ended serves again. */
const slots: Memory[] = [];

/**
 * `deno test` frees koffi's functions at the end of a file, and calls back after that what a thread
 * of koffi's has done, and immediates: a call of a function would end the process then. It says so
 * before, as browsers do.
 */
let unloaded = false;

let libc: ReturnType<typeof openLibc> | undefined;

function openLibc() {
  const listen: unknown = Reflect.get(globalThis, "addEventListener");
  if (typeof listen === "function") {
    listen("unload", () => {
      unloaded = true;
    });
  }
  const library = openLibrary(null);
  return {
    poll: koffi.load(null).func("poll", "int", ["void*", "size_t", "int"]),
    eventfd: library.func<(initial: number, flags: number) => number>("eventfd", "int", ["uint", "int"]),
    eventfdWrite: library.func<(fd: number, value: number) => number>("eventfd_write", "int", [
      "int",
      "int64_t",
    ]),
    eventfdRead: library.func<(fd: number, value: bigint) => number>("eventfd_read", "int", ["int", "void*"]),
    close: library.func<(fd: number) => number>("close", "int", ["int"]),
  };
}
