import { isMainThread } from "node:worker_threads";
import { type OnLoop, onReadable } from "../native/event-loop.ts";
import { onReadableByThread } from "../native/poll-thread.ts";

export type { OnLoop };

/**
 * Puts a descriptor of the engine's own on the runtime's event loop, as `wake()` does, but the callback is called from native
 * code: it must not throw, must be short, and leaves its work to an immediate. Bun and Deno have no libuv.
 */
export const putOnLoop: (fd: number, callback: () => void) => OnLoop =
  "bun" in process.versions || "deno" in process.versions ? onReadableByThread : onReadable;

/**
 * Calls `handler` on the event loop whenever a descriptor is readable, for as long as it is: what the handler does not
 * read, it is called for again. The process lives on until the returned function is called, which ends it for good.
 *
 * A handler that throws is not called again, and its error is an uncaught exception.
 *
 * @param fd an open descriptor of the engine's own, of a kind that can be waited for: an epoll instance or an eventfd.
 * It must stay open until the end.
 */
export function wake(fd: number, handler: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  // libuv runs immediates right after the descriptors that are ready, and before it looks at them again. The handler
  // waits for that, since koffi swallows what a callback throws, and ends the process where it calls process.exit() in a
  // worker thread.
  const onLoop = putOnLoop(fd, () => {
    immediate ??= setImmediate(run);
  });
  function run() {
    immediate = undefined;
    try {
      handler();
    } catch (error) {
      stop();
      throw error;
    }
  }
  function stop() {
    clearImmediate(immediate);
    onLoop.stop();
  }
  return stop;
}

/**
 * The same for an eventfd, with less delay: `read` sets its counter to 0, and then `handler` is called, which must not
 * throw. On the main thread of Node that is at once, in the callback of libuv; koffi ends the process where that calls
 * process.exit() in a worker thread.
 */
export function wakeOnEventfd(fd: number, read: () => void, handler: () => void): OnLoop {
  let immediate: NodeJS.Immediate | undefined;
  const run = () => {
    immediate = undefined;
    handler();
  };
  const { ref, unref, stop } = putOnLoop(fd, () => {
    read();
    if (isMainThread) handler();
    else immediate ??= setImmediate(run);
  });
  return {
    ref,
    unref,
    stop() {
      clearImmediate(immediate);
      stop();
    },
  };
}
