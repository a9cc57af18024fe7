import { type OnLoop, onReadable } from "../native/event-loop.ts";
import { onReadableByThread } from "../native/poll-thread.ts";

export type { OnLoop };

/** Bun and Deno have no libuv. */
const putOnLoop = "bun" in process.versions || "deno" in process.versions ? onReadableByThread : onReadable;

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
  return wakeUp(fd, handler).stop;
}

/** The same, for one that is to hold the process at some times and not at others. */
export function wakeUp(fd: number, handler: () => void): OnLoop {
  let immediate: NodeJS.Immediate | undefined;
  // libuv runs immediates right after the descriptors that are ready, and before it looks at them again. The handler
  // waits for that. In the callback it would run outside of Node's own scope for callbacks: ticks and promises would run in the
  // midst of it, or not at all, and Node would end the process (InternalCallbackScope::Close in src/api/callback.cc). koffi
  // swallows what a callback throws, besides, and ends the process where it calls process.exit() in a worker thread.
  const { ref, unref, stop } = putOnLoop(fd, () => {
    immediate ??= setImmediate(run);
  });
  function run() {
    immediate = undefined;
    try {
      handler();
    } catch (error) {
      end();
      throw error;
    }
  }
  function end() {
    clearImmediate(immediate);
    stop();
  }
  return { ref, unref, stop: end };
}
