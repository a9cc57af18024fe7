import type { OnLoop } from "./event-loop.ts";
import { koffi, openLibrary } from "./library.ts";
import { type Memory, mapMemory } from "./memory.ts";

/**
 * What `onReadable` of event-loop.ts does, for a runtime without libuv: poll(2) waits on a thread of koffi's, and its
 * answer comes back to the event loop. Not for Node, where a poll that is pending hangs process.exit().
 *
 * Safety: `fd` must be open. It may be closed right after the end: the thread has its file for as long as it waits, and
 * what it waits for besides, an eventfd of its own, ends that.
 */
export function onReadableByThread(fd: number, callback: () => void): OnLoop {
  libc ??= openLibc();
  const { poll, eventfd, eventfdWrite, close } = libc;
  const end = eventfd(0, EFD_CLOEXEC);
  if (end < 0) throw new Error(`eventfd failed: errno ${koffi.errno()}`);
  const memory = slots.pop() ?? mapMemory(2 * POLLFD);
  const view = new DataView(memory.buffer);
  for (const [index, each] of [fd, end].entries()) {
    view.setInt32(index * POLLFD, each, true);
    view.setInt16(index * POLLFD + 4, POLLIN, true);
  }
  let ended = false;
  let waiting = false;
  function wait() {
    if (ended) return release();
    waiting = true;
    poll.async(memory.pointer, 2, -1, () => {
      waiting = false;
      if (ended) return release();
      callback();
      // The callback may leave its work to an immediate: that comes before this one.
      setImmediate(wait);
    });
  }
  function release() {
    slots.push(memory);
    close(end);
  }
  wait();
  return {
    // A call on another thread holds the process, and there is no way to have it not to.
    ref() {},
    unref() {},
    stop() {
      if (ended) return;
      ended = true;
      if (waiting) eventfdWrite(end, 1);
    },
  };
}

// include/uapi/asm-generic/poll.h: struct pollfd is { int fd; short events; short revents }.
const POLLFD = 8;
const POLLIN = 0x1;
/** include/uapi/linux/eventfd.h */
const EFD_CLOEXEC = 0o2000000;

/** The memory of calls that have ended serves again. */
const slots: Memory[] = [];

let libc: ReturnType<typeof openLibc> | undefined;

function openLibc() {
  const library = openLibrary(null);
  return {
    poll: koffi.load(null).func("poll", "int", ["void*", "size_t", "int"]),
    eventfd: library.func<(initial: number, flags: number) => number>("eventfd", "int", ["uint", "int"]),
    eventfdWrite: library.func<(fd: number, value: number) => number>("eventfd_write", "int", [
      "int",
      "int64_t",
    ]),
    close: library.func<(fd: number) => number>("close", "int", ["int"]),
  };
}
