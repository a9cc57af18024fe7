import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import type { OnLoop } from "./event-loop.ts";
import { FailedCall } from "./failed-call.ts";
import { koffi, openLibrary } from "./library.ts";
import { type Memory, mapMemory } from "./memory.ts";

/**
 * `onReadable` of event-loop.ts for a runtime without libuv: poll(2) waits on a koffi thread, and
 * its result returns to the event loop. Not for Node, where a pending poll hangs process.exit().
 *
 * A waiting thread keeps the process running. Once unref'd, the descriptor is polled every few
 * milliseconds instead.
 *
 * Safety: `fd` must be open. It may be closed right after `stop()`: the thread holds its file while
 * it waits, and an eventfd of the thread's own ends the wait.
 */
export function onReadableByThread(fd: number, callback: () => void): OnLoop {
  libc ??= openLibc();
  const { poll, eventfd, eventfdWrite, eventfdRead, close } = libc;
  const end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (end < 0) throw new FailedCall("eventfd", koffi.errno());
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
    // Only the descriptor, without the eventfd that interrupts the thread.
    poll(memory.pointer, 1, 0);
    answered();
  }
  function answered() {
    if (unloaded) return;
    if (!ended && view.getInt16(REVENTS, true) !== 0) callback();
    // The callback may leave its work to an immediate, which runs before this one.
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

/** The memory of completed calls is reused. */
const slots: Memory[] = [];

/**
 * `deno test` frees koffi's functions at the end of a file, yet still runs immediates and callbacks
 * of finished koffi threads; a native call would crash the process then. Deno announces it with an
 * event first, as browsers do.
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
